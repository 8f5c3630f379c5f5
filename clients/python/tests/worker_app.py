"""Applications that show what becomes of workers and of clients that go."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

GENERATION = os.environ.get("GENERATION_FILE")
SAYS = ""
if GENERATION is not None:
    with open(GENERATION) as _file:
        SAYS = _file.read()
    if SAYS == "broken":
        raise RuntimeError("this application is broken")


def application(environ: Any, start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/die" and environ["msglite.attempt"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "/die-in-stream":
        return _dying()
    if path == "/slow":
        print("at work", flush=True)
        time.sleep(1)
    if path == "/exit":
        raise SystemExit(7)
    if path == "/endless":
        return _endless()
    if path == "/waits":
        return [_waits(environ)]
    if path == "/big":
        return _big()
    if path == "/together":
        return [_together()]
    if path == "/generation":
        return [SAYS.encode()]
    return [str(os.getpid()).encode()]


def _dying() -> Iterator[bytes]:
    yield b"begun"
    os.kill(os.getpid(), signal.SIGKILL)


def _endless() -> Iterator[bytes]:
    print("streaming", flush=True)
    try:
        while True:
            yield b"again\n"
            time.sleep(0.01)
    finally:
        print("closed", flush=True)


def _big() -> Iterator[bytes]:
    sent: list[int] = [0]
    for _ in range(320):
        sent[0] += 1
        yield b"x" * 65536
        print(f"sent {sent[0]}", flush=True)


def _waits(environ: Any) -> bytes:
    print("waiting", flush=True)
    for _ in range(2000):
        if environ["msglite.client_gone"]():
            print("gone", flush=True)
            return b""
        time.sleep(0.01)
    return b"still here"


_BARRIER = threading.Barrier(3)


def _together() -> bytes:
    _BARRIER.wait(20)
    return b"together"
