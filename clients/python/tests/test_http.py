"""Web requests and answers, on the fixtures of all wrappers, against a broker: we are the proxy."""

from __future__ import annotations

import json
import logging
from typing import Any, Callable
from wsgiref.validate import validator

import msglite
from msglite.wsgi.settings import Settings
from msglite.wsgi.worker import Worker

from .support import Broker, TestCase, fixtures


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else value["text"] * value["times"]


class Proxy:
    """Sends what a proxy sends, and collects what comes back."""

    def __init__(self, test: TestCase, application: Callable[..., Any]) -> None:
        self.broker: Broker = test.broker()
        self.client = msglite.connect(self.broker.address)
        test.addCleanup(self.client.close)
        worker = Worker(application, Settings(broker=self.broker.address, http_msg_address="web"))
        running = test.in_thread(lambda: worker.run(lambda: None))
        test.addCleanup(running.get)
        test.addCleanup(worker.stop)
        self._labels = 0

    def ask(self, messages: list[dict[str, str]]) -> str:
        """The pieces of a body come before the request, as they do from a proxy. Returns where the answer comes."""
        self._labels += 1
        label = f"~proxy~{self._labels}"
        for message in sorted(messages, key=lambda message: message["to"] == "handler"):
            body = message["body"].encode("latin-1")
            if message["to"] == "handler":
                self.client.send("web", body, reply_to=label, attempts=1, dead=label)
            else:
                self.client.send(message["to"], body, dead="")
        return label

    def hear(self, label: str, is_over: Callable[[list[bytes]], bool]) -> tuple[list[bytes], str]:
        """All messages of an answer, and how the request ended."""
        found: list[bytes] = []
        while not is_over(found):
            message = self.client.ready("~proxy", timeout=10)
            assert message is not None, f"there is more to come: {found}"
            assert message.to == label
            if message.sent_to is not None:
                return found, "given back"
            found.append(message.body)
        return found, "done"


class Requests(TestCase):
    def test_fixtures(self) -> None:
        seen: dict[str, Any] = {}

        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            stream = environ["wsgi.input"]
            seen.update(environ, body=stream.read())
            stream.seek(0)
            seen.update(again=stream.read())
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]

        proxy = Proxy(self, application)
        for case in fixtures("http/requests.json", "cases"):
            with self.subTest(case["name"]):
                seen.clear()
                answer, end = proxy.hear(proxy.ask(case["messages"]), lambda found: len(found) == 1)
                self.assertEqual((len(answer), end), (1, "done"))
                said = {key: value for key, value in seen.items() if key in case["environment"] or is_told(key)}
                self.assertEqual(said, case["environment"])
                self.assertEqual(seen["wsgi.url_scheme"], case["scheme"])
                self.assertEqual(seen["body"].decode("latin-1"), case["body"])
                self.assertEqual(seen["again"], seen["body"])
        self.assertEqual(proxy.client.control.queues()["queues"][0]["messages"], 0)

    def test_a_body_of_which_nothing_is_read_does_not_stay(self) -> None:
        proxy = Proxy(self, lambda environ, start_response: start_response("200 OK", []) and [] or [])
        case = next(c for c in fixtures("http/requests.json", "cases") if c["name"] == "a body in pieces")
        proxy.hear(proxy.ask(case["messages"]), lambda found: len(found) == 1)
        address = case["messages"][1]["to"]
        self.until(lambda: proxy.client.control.peek(address)["messages"] == [])

    def test_what_is_no_request_is_dropped(self) -> None:
        proxy = Proxy(self, lambda environ, start_response: start_response("200 OK", []) and [] or [])
        with self.assertLogs("msglite.wsgi", "ERROR"):
            proxy.client.send("web", "no JSON", receipt="done")
            proxy.client.send("web", '{"v":2}\n', receipt="done")


def is_told(key: str) -> bool:
    return key.startswith(("HTTP_", "CONTENT_"))


class Responses(TestCase):
    def setUp(self) -> None:
        super().setUp()
        logging.getLogger("msglite.wsgi").setLevel(logging.CRITICAL)
        self.addCleanup(logging.getLogger("msglite.wsgi").setLevel, logging.NOTSET)

    def test_fixtures(self) -> None:
        case: dict[str, Any] = {}

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            if case.get("fails") == "at once":
                raise RuntimeError("secret")
            flat = case["headers"]
            start_response(f"{case['status']} As It Is", list(zip(flat[::2], flat[1::2])))
            parts = [text_of(part).encode("latin-1") for part in case["body"]]
            return parts if case["kind"] == "list" else stream(parts)

        def stream(parts: list[bytes]) -> Any:
            yield from parts
            if "fails" in case:
                raise RuntimeError("secret")

        proxy = Proxy(self, application)
        for case_now in fixtures("http/responses.json", "cases"):
            case.clear()
            case.update(case_now)
            with self.subTest(case["name"]):
                expected = case["messages"]
                head = {"v": 2, "method": case["method"], "url": "/", "protocol": "HTTP/1.1", "headers": []}
                label = proxy.ask([{"to": "handler", "body": json.dumps(head) + "\n"}])
                given_back = case["end"] == "given back"
                found, end = proxy.hear(label, lambda so_far: not given_back and len(so_far) == len(expected))
                self.assertEqual(end, case["end"])
                self.assertEqual(len(found), len(expected))
                for message, wanted in zip(found, expected):
                    self.check(message.decode("latin-1"), wanted)
        # Nothing more has come meanwhile.
        self.assertIsNone(proxy.client.ready("~proxy", timeout=0))

    def check(self, message: str, wanted: dict[str, Any]) -> None:
        if "head" not in wanted:
            self.assertEqual(message, text_of(wanted["body"]))
            return
        line, _, body = message.partition("\n")
        status, headers = json.loads(line)
        wanted_status, wanted_headers = wanted["head"]
        self.assertEqual(int(str(status)[:3]), wanted_status)
        if wanted_headers is None:
            self.assertNotIn("secret", message)
            return
        pairs = list(zip(headers[::2], headers[1::2]))
        wanted_pairs = list(zip(wanted_headers[::2], wanted_headers[1::2]))
        self.assertEqual(
            [p for p in pairs if p[0].lower() != "content-length"],
            [p for p in wanted_pairs if p[0].lower() != "content-length"],
        )
        self.assertEqual(
            [str(p[1]) for p in pairs if p[0].lower() == "content-length"],
            [p[1] for p in wanted_pairs if p[0].lower() == "content-length"],
        )
        self.assertEqual(body, text_of(wanted["body"]))


class Validated(TestCase):
    def test_the_environment_under_wsgiref_validate(self) -> None:
        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            environ["wsgi.input"].read(65536)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]

        proxy = Proxy(self, validator(application))
        for case in fixtures("http/requests.json", "cases"):
            if case["environment"]["REQUEST_METHOD"] in ("PURGE", "HEAD"):
                continue
            with self.subTest(case["name"]):
                # The validator makes an iterator of every list.
                answer, _ = proxy.hear(proxy.ask(case["messages"]), lambda found: len(found) == 2)
                self.assertTrue(answer[0].startswith(b'["200'), answer[0])
