"""The JSON with which a request begins."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

#: The C part of ``json.loads``: a text and where to begin, to a value and where it ends. It raises ``StopIteration`` where there is none.
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_TEXT = r'"([^"\\]*)"'
#: What proxies write, in their order, where the target has nothing that is escaped.
_USUAL = re.compile(
    rf'\{{"v":2,"method":{_TEXT},"url":{_TEXT},("protocol":.*),"cancelAddr":{_TEXT}(?:,"bodyAddr":{_TEXT})?\}}'
)
#: What the members between target and ``cancelAddr`` are then.
_COMMON = {"protocol", "headers", "scheme", "remoteAddr"}
#: Three times as fast as to call the class.
_new = tuple.__new__


class Head(NamedTuple):
    """What is each request's own."""

    method: str
    url: str
    #: Where we are told that nobody waits any more; empty: nowhere.
    cancel_addr: str
    #: Where the body's pieces come; empty: it is in the same message.
    body_addr: str
    #: In envelope 1.
    is_old: bool
    #: What many requests have in common: headers, and where they come from. As text, if that is known to be all of it.
    common: str | dict[str, Any]


def parse(line: bytes) -> Head:
    """In either envelope. Raises ``ValueError``, ``LookupError``."""
    text = str(line, "utf-8")
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        method, url, common, cancel_addr, body_addr = usual.groups("")
        return _new(Head, (method, url, cancel_addr, body_addr, False, common))
    head = _object(text)
    return Head(
        head["method"], head["url"], head.get("cancelAddr", ""), head.get("bodyAddr", ""), "v" not in head, head
    )


def members(common: str) -> dict[str, Any]:
    """Of a ``Head.common``, what is said there. Raises ``ValueError``."""
    found = _object(f"{{{common}}}")
    if found.keys() != _COMMON:
        raise ValueError("other members than a proxy writes")
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if end != len(text) or not isinstance(found, dict):
        raise ValueError("no object")
    return found
