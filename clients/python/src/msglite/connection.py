"""One connection to a broker: bytes out, frames in."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from typing import NamedTuple

from . import wire
from .address import Endpoint
from .decoder import Decoder, Done, Frame, Refusal, Strange
from .errors import MsgliteError, error_of

#: The tag of every hello that greets or keeps a connection. No other command has it: theirs are letters and digits.
HELLO = "!"
#: Seconds in which the broker has to take what is said.
WRITE_TIMEOUT = 30.0
#: Bytes read at a time. Fresh buffers of more than that cost more than what they save.
_CHUNK = 64 * 1024


class Welcome(NamedTuple):
    """What the broker said to our hello."""

    #: What its journal survives: ``off``, ``normal`` or ``full``.
    journal: str
    #: Most bytes of a body.
    body: int


class Connection:
    """Not safe for several threads; but one may be in ``poll`` while another one writes."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._fd = sock.fileno()
        self._tls = isinstance(sock, ssl.SSLSocket)
        #: Reads may wait: then no poll is needed before them. Flags say where they may not; TLS has none.
        self.can_wait = not self._tls
        self._flags = 0 if self._tls else socket.MSG_DONTWAIT
        self._count = -1
        sock.setblocking(self.can_wait)
        self._decoder = Decoder()
        #: Returns the next frame of what was read; None: there is no other whole one.
        self.next = self._decoder.next
        self._out: list[bytes] = []
        #: Takes bytes that leave with the next ``flush``.
        self.write = self._out.append
        self._in = memoryview(bytearray(_CHUNK))
        self._poller = select.poll()
        self._poller.register(self._fd, select.POLLIN)
        self.welcome = Welcome("off", 0)
        self.heard_at = time.monotonic()
        self.greeted_at = self.heard_at

    def flush(self) -> None:
        """Raises ``OSError`` if the broker does not take it in time."""
        out = self._out
        if not out:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        try:
            sent = self._socket.send(data, self._flags) if self._flags else self._socket.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        if sent < len(data):
            self._flush_rest(memoryview(data)[sent:])

    def _flush_rest(self, data: memoryview) -> None:
        deadline = time.monotonic() + WRITE_TIMEOUT
        while data:
            wanted = select.POLLOUT
            try:
                sent = self._socket.send(data, self._flags) if self._flags else self._socket.send(data)
                data = data[sent:]
                deadline = time.monotonic() + WRITE_TIMEOUT
                continue
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except (BlockingIOError, ssl.SSLWantWriteError):
                pass
            poller = select.poll()
            poller.register(self._fd, wanted)
            left = deadline - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                raise socket.timeout(f"the broker took nothing for {WRITE_TIMEOUT:g} seconds")

    def poll(self, timeout: float | None) -> bool:
        """Whether there is something to read by then."""
        if self._tls and self._socket.pending():  # type: ignore[attr-defined]
            return True
        return bool(self._poller.poll(None if timeout is None else max(0.0, timeout * 1000)))

    def wait(self) -> None:
        """Until something has come, which the next ``read`` takes. Where it ``can_wait``. Raises ``OSError``."""
        self._count = self._socket.recv_into(self._in)

    def read(self) -> None:
        """Takes what has come, for ``next``. Raises ``OSError`` or ``MsgliteError`` if that is the end."""
        count, self._count = self._count, -1
        if count < 0:
            try:
                count = self._socket.recv_into(self._in, 0, self._flags)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
        if count == 0:
            raise ConnectionResetError("the broker closed it")
        self.heard_at = time.monotonic()
        self._decoder.push(self._in[:count])

    def greet(self, token: str | None = None, idle: float = 0.0) -> None:
        """Says hello."""
        self.greeted_at = time.monotonic()
        self.write(wire.hello(HELLO, token, idle))
        self.flush()

    def await_welcome(self, deadline: float) -> list[Frame]:
        """Raises ``OSError`` or ``MsgliteError``. Returns what came behind it."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout("no answer in time")
            if not self.poll(left):
                continue
            self.read()
            frame = self.next()
            if frame is not None:
                self._welcome(frame)
                return list(iter(self.next, None))

    def _welcome(self, frame: Frame) -> None:
        if isinstance(frame, Refusal) and frame.tag in ("", HELLO):
            raise error_of(frame.code, f"the broker refused: {frame.text}")
        if not isinstance(frame, Done) or frame.tag != HELLO:
            raise MsgliteError("protocol", "it does not answer !!")
        journal = frame.options.get("journal", "off")
        body = frame.options.get("body", "")
        self.welcome = Welcome(journal, int(body) if body.isdigit() else 1 << 30)

    def close(self) -> None:
        """Also wakes who polls."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def strange(frame: Strange) -> MsgliteError:
    return MsgliteError("protocol", f"not an answer of the tagged msglite protocol ({frame.code})")


def dial(
    endpoint: Endpoint, context: ssl.SSLContext | None, timeout: float, token: str | None, idle: float
) -> Connection:
    """Connects and greets. Raises ``OSError`` or ``MsgliteError``."""
    deadline = time.monotonic() + timeout
    if endpoint.path is not None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        sock = socket.create_connection((endpoint.host, endpoint.port), timeout)
    try:
        if endpoint.path is not None:
            sock.settimeout(timeout)
            sock.connect(endpoint.path)
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock.settimeout(max(0.001, deadline - time.monotonic()))
                sock = context.wrap_socket(sock, server_hostname=endpoint.host)
        connection = Connection(sock)
        connection.greet(token, idle)
        if connection.await_welcome(deadline):
            raise MsgliteError("protocol", "it says more than it was asked")
        return connection
    except BaseException:
        sock.close()
        raise
