"""What a client says in the tagged protocol, as bytes. Addresses and ids are wire text: one character per byte."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from .arguments import LONGEST_SECONDS, MOST_COUNT

STANDARD_ATTEMPTS = 5
GOODBYE = b".\r\n"


class Options(NamedTuple):
    """How a message is sent. ``dead``: None for the default, empty for nowhere."""

    id: str | None = None
    delay: float = 0.0
    attempts: int = STANDARD_ATTEMPTS
    once: bool = False
    dead: str | None = None
    receipt: str = "taken"


STANDARD = Options()


@functools.lru_cache
def seconds(value: float) -> str:
    """As short as it can be; up to 3 decimals, rounded up."""
    if value >= LONGEST_SECONDS:
        return "999999999.999"
    if value == (whole := int(value)):
        return str(whole)
    milliseconds = math.ceil(round(value * 1000, 3))
    whole, part = divmod(milliseconds, 1000)
    return str(whole) if part == 0 else f"{whole}.{part:03}".rstrip("0")


def hello(tag: str, token: str | None = None, idle: float = 0.0) -> bytes:
    """``!!``; ``idle`` of 0: none."""
    line = f"!! {tag}"
    if token is not None:
        line += f" {token}"
    if idle > 0:
        line += f" idle={seconds(idle)}"
    return f"{line}\r\n".encode("latin-1")


def send(tag: str, to: str, reply_to: str | None, body: bytes, timeout: float, options: Options = STANDARD) -> bytes:
    """``>>`` and the body."""
    if options is STANDARD and reply_to is None and body:
        return f">> {tag} {len(body)} {seconds(timeout)} {to} -\r\n".encode("latin-1") + body + b"\r\n"
    line = f">> {tag} {len(body)} {seconds(timeout)} {to} {'-' if reply_to is None else reply_to}"
    if options is not STANDARD:
        line += _options(options)
    head = f"{line}\r\n".encode("latin-1")
    return b"%b%b\r\n" % (head, body) if body else head


def _options(options: Options) -> str:
    text = "" if options.id is None else f" id={options.id}"
    if options.delay > 0:
        text += f" delay={seconds(options.delay)}"
    if options.attempts != STANDARD_ATTEMPTS:
        text += f" attempts={options.attempts}"
    if options.once:
        text += " once=1"
    if options.dead is not None:
        text += f" dead={options.dead or '-'}"
    return text if options.receipt == "taken" else f"{text} receipt={options.receipt}"


def receive(tag: str, addresses: Sequence[str], timeout: float, count: int = 1, lease: float = 0.0) -> bytes:
    """``<<``; ``lease`` of 0: none."""
    line = f"<< {tag} {seconds(timeout)} {' '.join(addresses)}"
    if count != 1:
        line += f" count={min(count, MOST_COUNT)}"
    if lease > 0:
        line += f" lease={seconds(lease)}"
    return f"{line}\r\n".encode("latin-1")


def take_back(tag: str) -> bytes:
    """``..``"""
    return f".. {tag}\r\n".encode("latin-1")


def done(delivery: str) -> bytes:
    """``++``"""
    return f"++ {delivery}\r\n".encode("latin-1")


def give_back(delivery: str, delay: float = 0.0) -> bytes:
    """``--``"""
    line = f"-- {delivery} {seconds(delay)}" if delay > 0 else f"-- {delivery}"
    return f"{line}\r\n".encode("latin-1")


def keep(delivery: str, lease: float) -> bytes:
    """``~~``"""
    return f"~~ {delivery} {seconds(lease)}\r\n".encode("latin-1")


def control(tag: str, command: str, arguments: Sequence[str] = ()) -> bytes:
    """``==``"""
    return (" ".join(["==", tag, command, *arguments]) + "\r\n").encode("latin-1")
