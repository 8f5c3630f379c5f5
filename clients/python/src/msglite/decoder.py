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
#: What nearly all lines are: a receipt, or a message under a lease.
_USUAL = re.compile(
    r"\+\+ ([!-~]+)\r\n"
    r"|>> ([!-~]+) (\d{1,9}) (\d{1,9}) ([!-~]+) ([!-~]+) attempt=(\d{1,9}) delivery=(@[!-~]+)(?: id=([!-~]+))?\r\n",
    re.ASCII,
)
_SECONDS = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?", re.ASCII)
_LARGEST = 2**31 - 1
#: Three times as fast as to call the class.
_new = tuple.__new__


class Decoder:
    """Feed it with ``push``, then take with ``next`` until that returns None. The default limits only keep a stranger from filling our
    memory."""

    def __init__(self, most_line: int = 64 * 1024, most_body: int = 1 << 30) -> None:
        self._most_line = most_line
        self._most_body = most_body
        #: One character per byte: nearly all of it is lines, and bodies that are not much longer.
        self._text = ""
        self._at = 0
        self._broken = False
        #: What the line said while its body is incomplete, how many bytes that has, and those that there are.
        self._open: tuple[Any, ...] | None = None
        self._length = 0
        self._body = bytearray()
        #: Bytes still to pass over, and then a line end; -1: none.
        self._skip = -1

    def push(self, data: bytes | memoryview) -> None:
        text = str(data, "latin-1")
        self._text = text if self._at == len(self._text) else self._text[self._at :] + text
        self._at = 0

    def next(self) -> Frame | None:
        if self._at == len(self._text) or self._broken:
            return None
        if self._open is None and self._skip < 0:
            usual = _USUAL.match(self._text, self._at)
            frame = None if usual is None else self._usual(usual)
            if frame is not None:
                return frame
        frame = self._next()
        if type(frame) is Strange and frame.skip is None:
            self._broken = True
        return frame

    def _usual(self, line: re.Match[str]) -> Frame | None:
        """None: it is not whole, or too long."""
        receipt, tag, length, timeout, to, reply_to, attempt, delivery, name = line.groups()
        text, start = self._text, line.end()
        if start - self._at > self._most_line:
            return None
        if receipt is not None:
            self._at = start
            return _new(Done, (receipt, _NO_OPTIONS))
        end = start + int(length)
        if end == start or end - start > self._most_body or not text.startswith("\r\n", end):
            return None
        self._at = end + 2
        reply = None if reply_to == "-" else reply_to
        body = text[start:end].encode("latin-1")
        return _new(Delivered, (tag, to, reply, int(timeout) * 1000, int(attempt), delivery, name, None, body))

    def _next(self) -> Frame | None:
        if self._skip >= 0 and not self._passed_over():
            return Strange("bad-length", None, None) if self._skip == 0 and self._line_end() == 0 else None
        while self._open is None:
            end = self._text.find("\n", self._at)
            past = len(self._text) + 1 if end < 0 else end + 1
            if past - self._at > self._most_line:
                return Strange("line-too-long", None, None)
            if end < 0:
                return None
            line = self._text[self._at : end]
            self._at = end + 1
            words = _words(line)
            if words:
                frame = self._line(words, line)
                if frame is not None:
                    return frame
        return self._with_body(self._open)

    def _passed_over(self) -> bool:
        passed = min(self._skip, len(self._text) - self._at)
        self._skip -= passed
        self._at += passed
        after = self._line_end() if self._skip == 0 else -1
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

    def _with_body(self, said: tuple[Any, ...]) -> Frame | None:
        if self._length > 0:
            part = self._text[self._at : self._at + self._length - len(self._body)]
            self._body += part.encode("latin-1")
            self._at += len(part)
            after = self._line_end() if len(self._body) == self._length else -1
            if after < 0:
                return None
            if after == 0:
                return Strange("bad-length", said[0], None)
            self._at = after
        body = bytes(self._body)
        self._body.clear()
        self._open = None
        return Answer(said[0], body) if len(said) == 1 else Delivered(*said, body)

    def _line_end(self) -> int:
        """Just past the CRLF or LF that is next; 0 if something else is next, -1 if that can't be told yet."""
        text, at = self._text, self._at
        if text.startswith("\r\n", at):
            return at + 2
        if text.startswith("\n", at):
            return at + 1
        return -1 if text[at:] in ("", "\r") else 0


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
