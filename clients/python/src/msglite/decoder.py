"""Bytes to what the broker says in the tagged protocol. It knows no socket."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Union


class Done(NamedTuple):
    """``++ tag [k=v ..]``"""

    tag: str
    options: dict[str, str]


class Refusal(NamedTuple):
    """``-- tag code text``. An empty tag: about no command that could be told."""

    tag: str
    code: str
    text: str


class Delivered(NamedTuple):
    """``>> tag ..``, a message. ``timeout`` in milliseconds; addresses and ids are wire text."""

    tag: str
    to: str
    reply_to: str | None
    timeout: int
    attempt: int
    delivery: str | None
    id: str | None
    sent_to: str | None
    body: bytes


class Over(NamedTuple):
    """``** tag``"""

    tag: str


class Answer(NamedTuple):
    """``== tag bodyLen`` with JSON."""

    tag: str
    body: bytes


class Strange(NamedTuple):
    """What is no answer. ``skip``: bytes that are passed over; None: the stream can't be followed past this."""

    code: str
    tag: str | None
    skip: int | None


Frame = Union[Done, Refusal, Delivered, Over, Answer, Strange]

_NOT_OURS = Strange("bad-command", None, None)
_NO_OPTIONS: dict[str, str] = {}
#: What nearly all lines are: a message under a lease, and a receipt.
_USUAL = re.compile(
    r">> ([!-~]+) (\d{1,9}) (\d{1,9}) ([!-~]+) ([!-~]+) attempt=(\d{1,9}) delivery=(@[!-~]+)(?: id=([!-~]+))?\r",
    re.ASCII,
)
_RECEIPT = re.compile(r"\+\+ ([!-~]+)\r")
_SECONDS = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?", re.ASCII)
_LARGEST = 2**31 - 1


class Decoder:
    """Feed it with ``push``, then take with ``next`` until that returns None. The default limits only keep a stranger from filling our
    memory."""

    def __init__(self, most_line: int = 64 * 1024, most_body: int = 1 << 30) -> None:
        self._most_line = most_line
        self._most_body = most_body
        self._data = bytearray()
        self._at = 0
        self._broken = False
        #: What the line said while its body is incomplete, and how many bytes that has.
        self._open: tuple[Any, ...] | None = None
        self._length = 0
        #: Bytes still to pass over, and then a line end; -1: none.
        self._skip = -1

    def push(self, data: bytes | memoryview) -> None:
        self._data += data

    def next(self) -> Frame | None:
        if self._broken:
            return None
        frame = self._next()
        if frame is None:
            del self._data[: self._at]
            self._at = 0
        elif type(frame) is Strange and frame.skip is None:
            self._broken = True
        return frame

    def _next(self) -> Frame | None:
        if self._skip >= 0 and not self._passed_over():
            return Strange("bad-length", None, None) if self._skip == 0 and self._body_end(self._at) == 0 else None
        while self._open is None:
            end = self._data.find(b"\n", self._at)
            past = len(self._data) + 1 if end < 0 else end + 1
            if past - self._at > self._most_line:
                return Strange("line-too-long", None, None)
            if end < 0:
                return None
            line = self._data[self._at : end].decode("latin-1")
            self._at = end + 1
            usual = _USUAL.fullmatch(line)
            if usual is not None and int(usual[2]) <= self._most_body:
                tag, length, timeout, to, reply_to, attempt, delivery, name = usual.groups()
                self._length = int(length)
                attempts = 1 if attempt == "1" else int(attempt)
                reply = None if reply_to == "-" else reply_to
                self._open = (tag, to, reply, int(timeout) * 1000, attempts, delivery, name, None)
                break
            receipt = _RECEIPT.fullmatch(line)
            if receipt is not None:
                return Done(receipt[1], _NO_OPTIONS)
            words = _words(line)
            if words:
                frame = self._line(words, line)
                if frame is not None:
                    return frame
        return self._body(self._open)

    def _passed_over(self) -> bool:
        passed = min(self._skip, len(self._data) - self._at)
        self._skip -= passed
        self._at += passed
        after = self._body_end(self._at) if self._skip == 0 else -1
        if after <= 0:
            return False
        self._at = after
        self._skip = -1
        return True

    def _line(self, words: list[str], line: str) -> Frame | None:
        """None: its body is to come."""
        sign = words[0]
        count = len(words)
        if sign == "++" and count >= 2:
            options = _NO_OPTIONS if count == 2 else dict(w.split("=", 1) for w in words[2:] if w.find("=") > 0)
            return Done(words[1], options)
        if sign == "--" and count >= 3:
            return Refusal("" if words[1] == "?" else words[1], words[2], _rest(line, 3))
        if sign == "**" and count == 2:
            return Over(words[1])
        if sign == "-":
            # Who is turned away on arrival has not said yet which protocol is spoken.
            return Refusal("", "full", _rest(line, 1))
        if not (sign == ">>" and count >= 6) and not (sign == "==" and count == 3):
            return _NOT_OURS
        length = _digits(words[2])
        if length < 0 or (sign == ">>" and not _fits(words)):
            return _NOT_OURS
        if length > self._most_body:
            self._skip = length
            return Strange("body-too-large", words[1], length)
        self._open = (words[1],) if sign == "==" else _message(words)
        self._length = length
        return None

    def _body(self, said: tuple[Any, ...]) -> Frame | None:
        start = self._at
        end = start + self._length
        after = end
        if self._length > 0:
            if len(self._data) <= end:
                return None
            after = self._body_end(end)
            if after < 0:
                return None
            if after == 0:
                return Strange("bad-length", said[0], None)
        body = bytes(self._data[start:end])
        self._at = after
        self._open = None
        return Answer(said[0], body) if len(said) == 1 else Delivered(*said, body)

    def _body_end(self, end: int) -> int:
        """Just past the CRLF or LF there; 0 if something else is there, -1 if that can't be told yet."""
        data = self._data
        if len(data) <= end:
            return -1
        if data[end] == 10:
            return end + 1
        if data[end] != 13:
            return 0
        if len(data) <= end + 1:
            return -1
        return end + 2 if data[end + 1] == 10 else 0


def _message(words: list[str]) -> tuple[Any, ...]:
    """All of it but the body."""
    attempt = 1
    delivery = name = sent_to = None
    for word in words[6:]:
        key, _, value = word.partition("=")
        if key == "attempt":
            attempt = int(value)
        elif key == "delivery":
            delivery = value
        elif key == "id":
            name = value
        elif key == "to":
            sent_to = value
    reply_to = None if words[5] == "-" else words[5]
    return (words[1], words[4], reply_to, _milliseconds(words[3]), attempt, delivery, name, sent_to)


def _fits(words: list[str]) -> bool:
    return _milliseconds(words[3]) >= 0 and all(
        _digits(word[8:]) >= 0 for word in words[6:] if word.startswith("attempt=")
    )


def _words(line: str) -> list[str]:
    # str.split would split at 0x85 and others too.
    return [word for word in line.rstrip("\r").replace("\t", " ").split(" ") if word]


def _rest(line: str, index: int) -> str:
    parts = re.split(r"[ \t]+", line.strip(" \t\r"), maxsplit=index)
    return parts[index].rstrip() if len(parts) > index else ""


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        return -1
    value = int(text) if len(text) < 20 else _LARGEST + 1
    return value if value <= _LARGEST else -1


def _milliseconds(text: str) -> int:
    match = _SECONDS.fullmatch(text)
    if match is None:
        return -1
    return int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0"))
