"""What programs pass in, turned into what goes on the wire, or refused. Wire text has one character per byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Union

from .errors import bad

LONGEST_ADDRESS = 255
MOST_ADDRESSES = 8
LONGEST_SECONDS = 999_999_999
LONGEST_ID = 128
MOST_COUNT = 1_000_000_000

#: Text is sent as UTF-8.
Body = Union[str, bytes, bytearray, memoryview]

_UNFIT = re.compile(r"[\x00-\x20\x7f]")


def to_wire(text: str) -> str:
    """Text as UTF-8, one character per byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def from_wire(text: str) -> str:
    """Back from the wire. Bytes that are no UTF-8 become lone surrogates, as in names of files."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")


def wire_address(address: str) -> str:
    """Raises ``BadArgument``."""
    if not isinstance(address, str):
        raise bad(f"an address is a string, not {type(address).__name__}")
    wire = to_wire(address)
    if not 0 < len(wire) <= LONGEST_ADDRESS or _UNFIT.search(wire):
        raise bad(f"{address!r} is no address: 1 to {LONGEST_ADDRESS} bytes without blanks")
    if wire == "-" or "=" in wire:
        raise bad(f'{address!r} is no address: it has a "=", or is "-"')
    return wire


def wire_addresses(addresses: str | Sequence[str]) -> list[str]:
    """Raises ``BadArgument``."""
    names = [addresses] if isinstance(addresses, str) else list(addresses)
    if not 0 < len(names) <= MOST_ADDRESSES:
        raise bad(f"one can be ready on 1 to {MOST_ADDRESSES} addresses, not on {len(names)}")
    return [wire_address(name) for name in names]


def wire_id(name: str) -> str:
    """Raises ``BadArgument``."""
    if not isinstance(name, str):
        raise bad(f"an id is a string, not {type(name).__name__}")
    wire = to_wire(name)
    if not 0 < len(wire) <= LONGEST_ID or _UNFIT.search(wire):
        raise bad(f"{name!r} is no id: 1 to {LONGEST_ID} bytes without blanks")
    return wire


def wire_body(body: Body) -> bytes:
    """Raises ``BadArgument``."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    raise bad(f"a body is a string or bytes, not {type(body).__name__}")


def checked_seconds(what: str, seconds: float, least: float = 0.0) -> float:
    """Raises ``BadArgument``."""
    if isinstance(seconds, (int, float)) and least <= seconds <= LONGEST_SECONDS:
        return float(seconds)
    raise bad(f"{what} is seconds from {least:g} to {LONGEST_SECONDS}, not {seconds!r}")


def checked_count(what: str, count: int) -> int:
    """Raises ``BadArgument``."""
    if isinstance(count, int) and count >= 1:
        return count
    raise bad(f"{what} is a whole number of at least 1, not {count!r}")
