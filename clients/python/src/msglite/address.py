"""Where a broker is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .errors import bad

_TCP = re.compile(r"(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^:\[\]\s]+)):(\d{1,5})")


class Endpoint(NamedTuple):
    """A unix socket's path, or a TCP host and port."""

    path: str | None = None
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp:{host}:{self.port}"


def parse_endpoints(address: str | Sequence[str]) -> list[Endpoint]:
    """``unix:/path`` and ``tcp:host:port``, several in a list or with commas between. Raises ``BadArgument``."""
    texts = [address] if isinstance(address, str) else list(address)
    endpoints = [_parse(part.strip()) for text in texts for part in re.split(r",(?=\s*(?:unix|tcp):)", text)]
    if not endpoints:
        raise bad("at least one address is needed")
    return endpoints


def _parse(text: str) -> Endpoint:
    if text.startswith("unix:") and len(text) > 5 and "\0" not in text:
        return Endpoint(path=text[5:])
    match = _TCP.fullmatch(text[4:]) if text.startswith("tcp:") else None
    if match is None or int(match[3]) > 65535:
        raise bad(f"{text!r} is neither unix:/path nor tcp:host:port")
    return Endpoint(host=match[1] or match[2], port=int(match[3]))
