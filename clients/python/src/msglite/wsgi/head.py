"""The JSON with which a request begins."""

from __future__ import annotations

import json
import re
from typing import Any

#: The C part of ``json.loads``: a text and where to begin, to a value and where it ends. It raises ``StopIteration`` where there is none.
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_TEXT = r'"([^"\\]*)"'
#: What proxies write, in their order, where nothing in it is escaped.
_PLAIN = re.compile(
    rf'\{{"v":2,"method":{_TEXT},"url":{_TEXT},"protocol":{_TEXT},"headers":\[((?:"[^\\]*")?)\],'
    rf'"scheme":{_TEXT},"remoteAddr":{_TEXT},"cancelAddr":{_TEXT}(?:,"bodyAddr":{_TEXT})?\}}'
)


def parse(line: bytes) -> dict[str, Any]:
    """In either envelope. ``list``, in place of ``headers``: those as they stood there; clients say the same again and again. Raises
    ``ValueError``."""
    text = str(line, "utf-8")
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        method, url, protocol, headers, scheme, remote, cancel, body = plain.groups("")
        return {
            "v": 2,
            "method": method,
            "url": url,
            "protocol": protocol,
            "list": headers,
            "scheme": scheme,
            "remoteAddr": remote,
            "cancelAddr": cancel,
            "bodyAddr": body,
        }
    try:
        head, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if end != len(text) or not isinstance(head, dict):
        raise ValueError("no object")
    return head


def headers_of(listed: str) -> list[str]:
    """Name, value, name, value, of what stood between the brackets. Raises ``ValueError``."""
    headers = listed[1:-1].split('","') if listed else []
    if len(headers) % 2 or 2 * len(headers) != listed.count('"'):
        raise ValueError("the headers are names and values")
    return headers
