"""Plack::Test::Suite's cases, written anew for WSGI: what the applications do. Which one is told by X-Case."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import Any, Callable
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

PLAIN = [("Content-Type", "text/plain")]
JPEG = bytes(range(256)) * 11 + b"\xff\xd9" * 41
BIGGER = bytes(range(251)) * 58 + b"\xff\xd9" * 96
CASES: dict[str, Callable[[dict[str, Any], Any], Iterable[bytes]]] = {}
CLOSED: list[str] = []


def case(name: str) -> Any:
    def add(function: Any) -> Any:
        CASES[name] = function
        return function

    return add


def text(start_response: Any, body: str, headers: Any = (), status: str = "200 OK") -> list[bytes]:
    start_response(status, [*PLAIN, *headers])
    return [body.encode("latin-1")]


@case("script name")
def script_name(environ: Any, start: Any) -> Any:
    return text(start, f"script_name={environ['SCRIPT_NAME']}")


@case("query")
def query(environ: Any, start: Any) -> Any:
    return text(start, f"Hello, {environ['QUERY_STRING']}")


@case("post")
def post(environ: Any, start: Any) -> Any:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
    headers = [
        ("Client-Content-Length", environ["CONTENT_LENGTH"]),
        ("Client-Content-Type", environ["CONTENT_TYPE"]),
    ]
    return text(start, f"Hello, {body}", headers)


@case("big post")
def big_post(environ: Any, start: Any) -> Any:
    left = int(environ["CONTENT_LENGTH"])
    parts = []
    while left > 0:
        parts.append(environ["wsgi.input"].read(min(left, 10_000)))
        left -= len(parts[-1])
    start("200 OK", [*PLAIN, ("Client-Content-Length", environ["CONTENT_LENGTH"])])
    return [b"".join(parts)]


@case("url scheme")
def url_scheme(environ: Any, start: Any) -> Any:
    return text(start, environ["wsgi.url_scheme"])


@case("file")
def file(environ: Any, start: Any) -> Any:
    start("200 OK", PLAIN)
    return open(__file__, "rb")


@case("file wrapper")
def file_wrapper(environ: Any, start: Any) -> Any:
    start("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", str(len(JPEG)))])
    return environ["wsgi.file_wrapper"](_stored(JPEG), 1000)


@case("bigger file")
def bigger_file(environ: Any, start: Any) -> Any:
    start("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", str(len(BIGGER)))])
    return FileWrapper(_stored(BIGGER))


def _stored(data: bytes) -> Any:
    stored = tempfile.TemporaryFile()
    stored.write(data)
    stored.seek(0)
    return stored


@case("header")
def header(environ: Any, start: Any) -> Any:
    return text(start, environ.get("HTTP_FOO", ""))


@case("cookie")
def cookie(environ: Any, start: Any) -> Any:
    return text(start, environ["HTTP_COOKIE"], [("X-Cookie", "1" if "COOKIE" in environ else "0")])


@case("environment")
def environment(environ: Any, start: Any) -> Any:
    names = ["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT"]
    return text(start, "".join(f"{name}:{environ[name]}\n" for name in names))


@case("path")
def path(environ: Any, start: Any) -> Any:
    return text(start, environ["PATH_INFO"])


@case("protocol")
def protocol(environ: Any, start: Any) -> Any:
    return text(start, environ["SERVER_PROTOCOL"])


@case("script name is there")
def script_name_is_there(environ: Any, start: Any) -> Any:
    return text(start, str("SCRIPT_NAME" in environ))


class Closing:
    def __init__(self) -> None:
        self._n = 0

    def __iter__(self) -> Closing:
        return self

    def __next__(self) -> bytes:
        self._n += 1
        if self._n > 4:
            raise StopIteration
        return str(self._n).encode()

    def close(self) -> None:
        CLOSED.append("closed")


@case("close")
def close(environ: Any, start: Any) -> Any:
    start("200 OK", PLAIN)
    return Closing()


@case("closed")
def closed(environ: Any, start: Any) -> Any:
    return text(start, ",".join(CLOSED))


@case("errors")
def errors(environ: Any, start: Any) -> Any:
    environ["wsgi.errors"].write("seen in the log\n")
    environ["wsgi.errors"].flush()
    return text(start, "1")


@case("dies")
def dies(environ: Any, start: Any) -> Any:
    raise RuntimeError("thrown on purpose")


@case("dies with a head")
def dies_with_a_head(environ: Any, start: Any) -> Any:
    start("200 OK", PLAIN)
    raise RuntimeError("thrown on purpose")


@case("response headers")
def response_headers(environ: Any, start: Any) -> Any:
    return text(start, "hi", [("X-Foo", "foo"), ("X-Foo", "bar, baz")])


@case("not modified")
def not_modified(environ: Any, start: Any) -> Any:
    start("304 Not Modified", [])
    return []


@case("request uri")
def request_uri(environ: Any, start: Any) -> Any:
    return text(start, environ["REQUEST_URI"])


@case("x-foo")
def x_foo(environ: Any, start: Any) -> Any:
    return text(start, environ["HTTP_X_FOO"])


@case("generator")
def generator(environ: Any, start: Any) -> Any:
    start("200 OK", PLAIN)
    yield b"Hello, "
    yield environ["QUERY_STRING"].encode()


@case("write")
def write(environ: Any, start: Any) -> Any:
    writes = start("200 OK", PLAIN)
    writes(b"Hello, ")
    writes(environ["QUERY_STRING"].encode())
    return []


@case("crlf")
def crlf(environ: Any, start: Any) -> Any:
    return text(start, "Foo: Bar\r\n\r\nHello World")


@case("newlines")
def newlines(environ: Any, start: Any) -> Any:
    return text(start, "Bar\nBaz")


@case("not found")
def not_found(environ: Any, start: Any) -> Any:
    return text(start, "Not Found", status="404 Not Found")


@case("seek")
def seek(environ: Any, start: Any) -> Any:
    # The validator does not let seek through.
    stream = environ["wsgi.input"].input
    first = stream.read(2)
    stream.seek(0)
    assert first == b"bo"
    return text(start, stream.read(10).decode())


@case("read on GET")
def read_on_get(environ: Any, start: Any) -> Any:
    return text(start, f"OK{environ['wsgi.input'].read(10).decode()}")


@case("authorization")
def authorization(environ: Any, start: Any) -> Any:
    given = environ.get("HTTP_AUTHORIZATION")
    return text(start, given or "no_auth", [("X-Authorization", "0" if given is None else "1")])


def choose(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return CASES[environ["HTTP_X_CASE"]](environ, start_response)


application = validator(choose)
