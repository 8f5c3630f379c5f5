"""A Flask application: forms, upload, cookies, streaming, error pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, request, session, url_for

application = Flask(__name__)
application.secret_key = "for tests"
application.config["PROPAGATE_EXCEPTIONS"] = False


@application.get("/")
def index() -> Any:
    return f"<form method=post action={url_for('form')}>{request.args.get('q', '')}"


@application.post("/form")
def form() -> Any:
    return jsonify({key: request.form.getlist(key) for key in sorted(request.form)})


@application.post("/upload")
def upload() -> Any:
    files = [
        (file.name, file.filename, file.content_type, hashlib.sha256(file.read()).hexdigest())
        for file in request.files.values()
    ]
    return jsonify(files=files, note=request.form.get("note"))


@application.post("/raw")
def raw() -> Any:
    data = request.get_data()
    return jsonify(length=request.content_length, bytes=len(data), hash=hashlib.sha256(data).hexdigest())


@application.get("/login/<name>")
def login(name: str) -> Any:
    session["name"] = name
    response = make_response(redirect(url_for("whoami")))
    response.set_cookie("theme", "d\u00fcster", max_age=60)
    response.set_cookie("second", "2")
    return response


@application.get("/whoami")
def whoami() -> Any:
    return f"{session.get('name')} {request.cookies.get('theme')}"


@application.get("/stream")
def stream() -> Any:
    def parts() -> Iterator[str]:
        for n in range(20):
            yield f"part {n}\n"

    return Response(parts(), mimetype="text/plain")


@application.get("/long")
def long() -> Any:
    return Response(b"0123456789" * 30_000, mimetype="application/octet-stream")


@application.get("/url/<path:rest>")
def url(rest: str) -> Any:
    return jsonify(rest=rest, path=request.path, full=request.full_path, root=request.root_path, args=request.args)


@application.get("/empty")
def empty() -> Any:
    return "", 204


@application.get("/gone")
def gone() -> Any:
    abort(410, "not any more")


@application.get("/fails")
def fails() -> Any:
    raise RuntimeError("on purpose")


@application.errorhandler(404)
def not_found(error: Any) -> Any:
    return f"<h1>There is no {request.path}</h1>", 404
