"""What an application answers, turned into messages. It knows no broker."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Callable

#: Most bytes of body in one message.
PIECE = 64 * 1024

#: RFC 9110, 15.3.5, 15.3.6 and 15.4.5
_BODILESS = frozenset(("204", "205", "304"))

Headers = Sequence[tuple[str, str]]


class Reply:
    """Each part of the body is a message of its own; an answer that is there as a whole is one message, if it is not too long.
    ``send`` gets the messages, and whether each is the last."""

    # As it is at first: so nothing need be set for each.
    _status = ""
    _bodiless = False
    #: Bytes that are still to come, where Content-Length told.
    _left: int | None = None
    #: Something was sent.
    begun = False
    #: All was sent.
    complete = False

    def __init__(self, method: str, send: Callable[[bytes, bool], None]) -> None:
        self._send = send
        self._is_head = method == "HEAD"

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
        """PEP 3333. The head leaves with the first part of the body. Raises ``ValueError``, ``AssertionError``."""
        if exc_info is not None:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status:
            raise AssertionError("the head was given before")
        flat: list[str] = []
        left: int | None = None
        for name, value in headers:
            flat += (name, value)
            if len(name) == 14 and name.lower() == "content-length":
                left = int(value)
        self._status = status
        self._headers = flat
        self._left = left
        self._bodiless = self._is_head or status[:3] in _BODILESS
        return self.write

    def write(self, part: bytes) -> None:
        """One part of the body. What goes beyond Content-Length is cut off."""
        if not part or self.complete:
            return
        if self._bodiless:
            self._head(b"", True)
            return
        if self._left is not None:
            part = part[: self._left]
            self._left -= len(part)
        if len(part) <= PIECE:
            self._piece(part, self._left == 0)
            return
        for at in range(0, len(part), PIECE):
            self._piece(part[at : at + PIECE], self._left == 0 and at + PIECE >= len(part))

    def whole(self, body: bytes) -> None:
        """All that is left of the body, and its end."""
        if not self.begun and not self._bodiless:
            if self._left is None:
                self._length(len(body))
            if self._left == len(body) <= PIECE:
                self._head(body, True)
                return
        self.write(body)
        self.finish()

    def finish(self) -> None:
        """The end. Where Content-Length told more, the proxy will break off."""
        if self.complete:
            return
        if self.begun:
            self._piece(b"", True)
            return
        if not self._bodiless and self._left is None:
            self._length(0)
        done = self._bodiless or self._left == 0
        self._head(b"", done)
        if not done:
            self._piece(b"", True)

    def fail(self) -> None:
        """In place of what was to be: nothing of it was sent."""
        self._status = ""
        self.start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        self.whole(b"Internal Server Error\n")

    def _length(self, length: int) -> None:
        self._need_head()
        self._left = length
        self._headers += ("Content-Length", str(length))

    def _piece(self, part: bytes, last: bool) -> None:
        if self.begun:
            self.complete = last
            self._send(part, last)
        else:
            self._head(part, last)

    def _head(self, part: bytes, last: bool) -> None:
        self._need_head()
        self.begun = True
        self.complete = last
        # ASCII: a header's bytes are escapes of one character each.
        head = f"[{quoted(self._status)}, [{', '.join(map(quoted, self._headers))}]]".encode("ascii")
        self._send(b"%b\n%b" % (head, part) if part else head, last)

    def _need_head(self) -> None:
        if not self._status:
            raise AssertionError("the application gave a body before it called start_response")
