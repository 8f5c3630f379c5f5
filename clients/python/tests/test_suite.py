"""The 36 cases of Plack::Test::Suite, written anew for WSGI, under wsgiref.validate, through a proxy."""

from __future__ import annotations

import hashlib
from typing import Any

from . import suite_app
from .support import WebTestCase, Wrapper, web_client


class Response:
    def __init__(self, response: Any) -> None:
        self.status = response.status
        self.reason = response.reason
        self.headers = response.headers
        self.body = response.read()
        self.text = self.body.decode("latin-1")


class Suite(WebTestCase):
    wrapper_of_all: Wrapper

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.wrapper_of_all = Wrapper(cls.served, "suite_app")
        cls.addClassCleanup(cls.wrapper_of_all.end)

    def ask(
        self, case: str, target: str = "/", method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Response:
        with web_client(self.served.web) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request(method, target, body, {"X-Case": case, **named})
            return Response(client.getresponse())

    def well(self, response: Response, text: str, kind: str = "text/plain") -> Response:
        self.assertEqual((response.status, response.reason, response.text), (200, "OK", text))
        self.assertEqual(response.headers["Content-Type"], kind)
        return response

    def test_01_script_name(self) -> None:
        self.well(self.ask("script name"), "script_name=")

    def test_02_get(self) -> None:
        self.well(self.ask("query", "/?name=miyagawa"), "Hello, name=miyagawa")

    def test_03_post(self) -> None:
        form = "application/x-www-form-urlencoded"
        response = self.ask("post", "/", "POST", b"name=tatsuhiko", Content_Type=form)
        self.well(response, "Hello, name=tatsuhiko")
        self.assertEqual(response.headers["Client-Content-Length"], "14")
        self.assertEqual(response.headers["Client-Content-Type"], form)

    def test_04_big_post(self) -> None:
        body = b"abcdefgh" * 12_000
        response = self.ask("big post", "/", "POST", body, Content_Type="application/octet-stream")
        self.assertEqual(response.headers["Client-Content-Length"], str(len(body)))
        self.assertEqual(hashlib.md5(response.body).digest(), hashlib.md5(body).digest())

    def test_05_url_scheme(self) -> None:
        self.well(self.ask("url scheme", "/", "POST", b""), "http")

    def test_06_a_file(self) -> None:
        with open(suite_app.__file__, encoding="latin-1") as file:
            self.well(self.ask("file"), file.read())

    def test_07_file_wrapper(self) -> None:
        response = self.well(self.ask("file wrapper"), suite_app.JPEG.decode("latin-1"), "image/jpeg")
        self.assertEqual(response.headers["Content-Length"], "2898")

    def test_08_a_bigger_file(self) -> None:
        response = self.ask("bigger file")
        self.assertEqual(response.headers["Content-Type"], "image/jpeg")
        self.assertEqual(len(response.body), 14_750)
        self.assertEqual(hashlib.md5(response.body).digest(), hashlib.md5(suite_app.BIGGER).digest())

    def test_09_a_header(self) -> None:
        self.well(self.ask("header", "/foo/?dankogai=kogaidan", Foo="Bar"), "Bar")

    def test_10_a_cookie(self) -> None:
        self.well(self.ask("cookie", "/foo/", Cookie="foo"), "foo")

    def test_11_the_environment(self) -> None:
        self.well(
            self.ask("environment", "/foo/?dankogai=kogaidan", Host="127.0.0.1:8080"),
            "REQUEST_METHOD:GET\nSCRIPT_NAME:\nPATH_INFO:/foo/\nQUERY_STRING:dankogai=kogaidan\n"
            "SERVER_NAME:127.0.0.1\nSERVER_PORT:8080\n",
        )

    def test_12_escapes_in_the_path(self) -> None:
        self.well(self.ask("path", "/foo/bar%2cbaz"), "/foo/bar,baz")

    def test_13_escapes_are_decoded_once(self) -> None:
        self.well(self.ask("path", "/foo/bar%252cbaz"), "/foo/bar%2cbaz")

    def test_14_escapes_of_other_bytes(self) -> None:
        self.well(self.ask("path", "/foo%E3%81%82"), "/foo\xe3\x81\x82")

    def test_15_the_protocol(self) -> None:
        self.well(self.ask("protocol", "/foo/"), "HTTP/1.1")

    def test_16_script_name_is_there(self) -> None:
        self.well(self.ask("script name is there"), "True")

    def test_17_close_is_called(self) -> None:
        self.well(self.ask("close", "/call_close"), "1234")
        self.well(self.ask("closed"), "closed")

    def test_18_errors(self) -> None:
        self.well(self.ask("errors", "/has_errors"), "1")
        self.wrapper_of_all.says("seen in the log")

    def test_19_the_status_line(self) -> None:
        response = self.ask("query")
        self.assertEqual((response.status, response.reason), (200, "OK"))

    def test_20_an_application_that_dies(self) -> None:
        for case in ("dies", "dies with a head"):
            response = self.ask(case)
            self.assertEqual((response.status, response.reason), (500, "Internal Server Error"))
            self.assertNotIn("purpose", response.text)
        self.wrapper_of_all.says("RuntimeError: thrown on purpose", 2)

    def test_21_repeated_headers_of_a_request(self) -> None:
        with web_client(self.served.web) as client:
            client.putrequest("GET", "/")
            for name, value in (("X-Case", "header"), ("Foo", "bar"), ("Foo", "baz")):
                client.putheader(name, value)
            client.endheaders()
            self.well(Response(client.getresponse()), "bar, baz")

    def test_22_repeated_headers_of_a_response(self) -> None:
        self.assertEqual(self.ask("response headers").headers.get_all("X-Foo"), ["foo", "bar, baz"])

    def test_23_no_variable_cookie(self) -> None:
        response = self.well(self.ask("cookie", Cookie="foo=bar"), "foo=bar")
        self.assertEqual(response.headers["X-Cookie"], "0")

    def test_24_no_headers_of_content_on_304(self) -> None:
        response = self.ask("not modified")
        self.assertEqual((response.status, response.reason, response.text), (304, "Not Modified", ""))
        for name in ("Content-Type", "Content-Length", "Transfer-Encoding"):
            self.assertNotIn(name, response.headers)

    def test_25_request_uri(self) -> None:
        self.well(self.ask("request uri", "/foo/bar%20baz%73?x=a"), "/foo/bar%20baz%73?x=a")

    def test_26_file_wrapper_on_another_path(self) -> None:
        self.well(self.ask("file wrapper", "/foo.jpg"), suite_app.JPEG.decode("latin-1"), "image/jpeg")

    def test_27_a_long_header(self) -> None:
        self.well(self.ask("x-foo", X_Foo="abcdefgh" * 16), "abcdefgh" * 16)

    def test_28_an_application_that_is_a_generator(self) -> None:
        self.well(self.ask("generator", "/?name=miyagawa"), "Hello, name=miyagawa")

    def test_29_write(self) -> None:
        self.well(self.ask("write", "/?name=miyagawa"), "Hello, name=miyagawa")

    def test_30_a_body_that_looks_like_a_head(self) -> None:
        response = self.well(self.ask("crlf"), "Foo: Bar\r\n\r\nHello World")
        self.assertNotIn("Foo", response.headers)

    def test_31_newlines(self) -> None:
        self.assertEqual(len(self.ask("newlines").body), 7)

    def test_32_not_found(self) -> None:
        response = self.ask("not found")
        self.assertEqual((response.status, response.reason, response.text), (404, "Not Found", "Not Found"))

    def test_33_a_body_can_be_read_again(self) -> None:
        self.well(self.ask("seek", "/", "POST", b"body", Content_Type="text/plain"), "body")

    def test_34_the_body_of_a_get(self) -> None:
        self.well(self.ask("read on GET"), "OK")

    def test_35_authorization(self) -> None:
        response = self.well(self.ask("authorization", Authorization="Basic XXXX"), "Basic XXXX")
        self.assertEqual(response.headers["X-Authorization"], "1")
        response = self.well(self.ask("authorization"), "no_auth")
        self.assertEqual(response.headers["X-Authorization"], "0")

    def test_36_repeated_slashes(self) -> None:
        self.well(self.ask("path", "//foo///bar/baz"), "//foo///bar/baz")

    @classmethod
    def tearDownClass(cls) -> None:
        # What the validator finds wrong is an AssertionError in the application.
        log = "".join(cls.wrapper_of_all.log)
        assert "AssertionError" not in log, log


def load_tests(loader: Any, tests: Any, pattern: Any) -> Any:
    names = loader.getTestCaseNames(Suite)
    assert len(names) == 36, f"{len(names)} cases"
    return tests
