"""Brokers, proxies and wrappers in processes of their own, on sockets in folders of their own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any, Callable

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent / "src"
ROOT = HERE.parent.parent.parent
FIXTURES = ROOT / "test" / "fixtures"


def fixtures(path: str, member: str) -> list[dict[str, Any]]:
    found = json.loads((FIXTURES / path).read_text())[member]
    assert found, f"nothing in {path}"
    return found


class Output:
    """What a process says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False

    def read(self, file: Any) -> None:
        with file:
            for line in file:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, pattern: str, times: int) -> re.Match[str]:
        found: list[re.Match[str]] = []

        def look() -> bool:
            found[:] = re.finditer(pattern, "".join(self.lines))
            return len(found) >= times or self._ended

        with self._changed:
            if not self._changed.wait_for(look, 30) or len(found) < times:
                raise AssertionError(f"it did not say {pattern!r} {times} times:\n{''.join(self.lines)}")
        return found[times - 1]


class Process:
    """One whose lines are collected."""

    def __init__(self, command: list[str], cwd: str | None = None, **environment: str) -> None:
        self._command = command
        self._cwd = cwd
        self._environment = {**os.environ, **environment}
        self._environment.pop("NODE_V8_COVERAGE", None)
        self.start()

    def start(self) -> None:
        self._output = Output()
        self.process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._output.read, args=(self.process.stdout,), daemon=True).start()

    @property
    def log(self) -> list[str]:
        return self._output.lines

    @property
    def pid(self) -> int:
        return self.process.pid

    def says(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Waits for a line, the n-th such."""
        return self._output.wait(pattern, times)

    def tell(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end:\n{''.join(self.log)}") from None


class Broker(Process):
    """``msglite``; with ``web``, ``msglite up``: a proxy beside it."""

    def __init__(self, folder: str, *options: str, web: bool = False) -> None:
        self.path = os.path.join(folder, "socket")
        self.web = os.path.join(folder, "web")
        self.address = f"unix:{self.path}"
        command = [os.environ.get("NODE", "node"), str(ROOT / "bin" / "msglite.js")]
        if web:
            command += ["up", "--http-network", "unix", "--http-address", self.web]
        super().__init__([*command, "--address", self.path, *options])

    def start(self) -> None:
        super().start()
        self.says(r" up broker=" if "up" in self._command else r" listening on=")


class Wrapper(Process):
    """``msglite-wsgi``"""

    def __init__(self, broker: Broker, application: str, *options: str, folder: str | None = None) -> None:
        command = [sys.executable, "-m", "msglite.wsgi", "--broker", broker.address, "--loglevel", "info"]
        command += ["--workers", "1", *options, application]
        path = os.pathsep.join([str(SOURCES), str(HERE)])
        super().__init__(command, folder or str(HERE), PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float = 30) -> None:
        super().__init__("127.0.0.1", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class TestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="msglite-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def broker(self, *options: str, web: bool = False) -> Broker:
        broker = Broker(self.folder, *options, web=web)
        self.addCleanup(broker.end)
        return broker

    def wrapper(self, broker: Broker, application: str, *options: str, folder: str | None = None) -> Wrapper:
        wrapper = Wrapper(broker, application, *options, folder=folder)
        self.addCleanup(wrapper.end)
        return wrapper

    def in_thread(self, work: Callable[[], Any]) -> Result:
        result = Result(work)
        self.addCleanup(result.thread.join, 20)
        return result

    def until(self, condition: Callable[[], bool]) -> None:
        """For what no event tells."""
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not come to that")
            time.sleep(0.01)


class WebTestCase(TestCase):
    """With one broker and proxy for all of its tests."""

    options: list[str] = []
    served: Broker

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.mkdtemp(prefix="msglite-")
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.served = Broker(folder, *cls.options, web=True)
        cls.addClassCleanup(cls.served.end)


class Result:
    """What comes of a call in another thread."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._value: Any = None
        self._error: BaseException | None = None
        self._work = work
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:
            self._error = error

    def get(self) -> Any:
        self.thread.join(30)
        if self.thread.is_alive():
            raise AssertionError("it did not end")
        if self._error is not None:
            raise self._error
        return self._value


@contextlib.contextmanager
def web_client(path: str) -> Any:
    connection = UnixConnection(path)
    try:
        yield connection
    finally:
        connection.close()


def get(path: str, target: str, method: str = "GET", body: Any = None, headers: Any = ()) -> Any:
    """Status, headers, body."""
    with web_client(path) as connection:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
