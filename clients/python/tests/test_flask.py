"""A Flask application is served the same as by Flask's own server."""

from __future__ import annotations

import http.client
import importlib.util
import os
import sys
import unittest
from typing import Any, Callable

from .support import HERE, Process, UnixConnection, WebTestCase

HAS_FLASK = importlib.util.find_spec("flask") is not None

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BOUNDARY = "----boundary"
#: Of which the server, and not the application, decides.
THEIRS = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length"}


def multipart() -> bytes:
    big = os.urandom(1_000_000)
    parts = [
        (b'name="note"', b"caf\xc3\xa9"),
        (b'name="small"; filename="a.txt"\r\nContent-Type: text/plain', b"hello"),
        (b'name="big"; filename="b.bin"\r\nContent-Type: application/octet-stream', big),
    ]
    lines = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head, body)
        for head, body in parts
    ]
    return b"".join([*lines, b"--%b--\r\n" % BOUNDARY.encode()])


UPLOAD = multipart()
CASES: list[tuple[str, str, Any, Any]] = [
    ("GET", "/", None, {}),
    ("HEAD", "/", None, {}),
    ("OPTIONS", "/form", None, {}),
    ("GET", "/?q=%C3%A9+%26&x", None, {}),
    ("POST", "/form", b"b=1&a=%C3%A9&a=2", FORM),
    ("POST", "/form", b"", FORM),
    ("POST", "/upload", UPLOAD, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
    ("POST", "/raw", b"x" * 300_000, {}),
    ("GET", "/login/me", None, {}),
    ("GET", "/whoami", None, {"Cookie": 'theme="d\\303\\274ster"'}),
    ("GET", "/stream", None, {}),
    ("GET", "/long", None, {}),
    ("GET", "/url/a%20b/caf%C3%A9//x?y=1", None, {}),
    ("GET", "/url/a%2Fb", None, {"X-Forwarded-For": "1.2.3.4"}),
    ("GET", "/empty", None, {}),
    ("GET", "/gone", None, {}),
    ("GET", "/fails", None, {}),
    ("GET", "/nowhere", None, {}),
    ("PUT", "/form", b"x", {}),
]

OWN_SERVER = (
    "from werkzeug.serving import make_server; from flask_app import application; "
    "s = make_server('127.0.0.1', 0, application); print('port', s.server_port, flush=True); s.serve_forever()"
)


@unittest.skipUnless(HAS_FLASK or "CI" in os.environ, "this machine has no python3-flask")
class Flask(WebTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wrapper(self.served, "flask_app", "--workers", "2")
        own = Process([sys.executable, "-c", OWN_SERVER], str(HERE), PYTHONDONTWRITEBYTECODE="1")
        self.addCleanup(own.end, 9)
        self.port = int(own.says(r"port (\d+)")[1])

    def test_it_is_served_the_same(self) -> None:
        for method, target, body, headers in CASES:
            with self.subTest(f"{method} {target}"):
                ours = self.ask(lambda: UnixConnection(self.served.web), method, target, body, headers)
                theirs = self.ask(
                    lambda: http.client.HTTPConnection("127.0.0.1", self.port), method, target, body, headers
                )
                self.assertEqual(ours, theirs)

    def test_a_session(self) -> None:
        connection = UnixConnection(self.served.web)
        self.addCleanup(connection.close)
        connection.request("GET", "/login/me")
        response = connection.getresponse()
        response.read()
        cookies = [value.split(";")[0] for value in response.headers.get_all("Set-Cookie", [])]
        self.assertEqual(len(cookies), 3)
        connection.request("GET", "/whoami", headers={"Cookie": "; ".join(cookies)})
        self.assertEqual(connection.getresponse().read().decode(), "me d\u00fcster")

    def test_a_chunked_upload(self) -> None:
        connection = UnixConnection(self.served.web)
        self.addCleanup(connection.close)
        connection.request("POST", "/raw", iter([b"x" * 100_000, b"y" * 100_000]), encode_chunked=True)
        self.assertIn(b'"bytes":200000', connection.getresponse().read())

    def ask(self, connect: Callable[[], Any], method: str, target: str, body: Any, headers: Any) -> Any:
        connection = connect()
        try:
            connection.request(method, target, body, {**headers, "Host": "example.org"})
            response = connection.getresponse()
            names = [(name.title(), value) for name, value in response.getheaders() if name.lower() not in THEIRS]
            # A set is not written in the same order twice.
            names = [(name, ", ".join(sorted(value.split(", "))) if name == "Allow" else value) for name, value in names]
            signed = [(name, "signed" if value.startswith("session=") else value) for name, value in names]
            undated = [(name, value.split("Expires=")[0]) for name, value in signed]
            return response.status, response.reason, undated, response.read()
        finally:
            connection.close()
