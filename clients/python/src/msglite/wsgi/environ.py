"""What an application sees of a web request: messages of the proxy turned into the environment of CGI."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .head import headers_of

#: Names as they come, and the variables they become; None: dropped.
_KEYS: dict[str, str | None] = {}
_MOST_KEYS = 2048

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?")
#: What comes of a Host header: a name, and a port or None.
_SERVERS: dict[str, tuple[str, str | None]] = {}
#: What came of whole lists of headers, and characters of the longest.
_SEEN: dict[str, dict[str, str]] = {}
_MOST_SEEN, _LONGEST_SEEN = 200, 4096
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def environ_of(head: dict[str, Any]) -> dict[str, Any]:
    """The variables of CGI for a request's head, in either envelope, without those of WSGI. Strings have one character per byte.

    A name with ``_`` is dropped: it could pass for the same name with ``-``. So is ``Proxy``: programs take HTTP_PROXY for a setting;
    and Transfer-Encoding: whatever it was, the body has been put together.
    """
    scheme = head.get("scheme", "http")
    url: str = head["url"]
    path, query = split_target(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_URI": url,
        "SERVER_PROTOCOL": head["protocol"],
        "REMOTE_ADDR": head.get("remoteAddr", ""),
    }
    environ.update(_variables(head))
    environ["SERVER_NAME"], environ["SERVER_PORT"] = _server(environ.get("HTTP_HOST", ""), scheme)
    if scheme == "https":
        environ["HTTPS"] = "on"
    return environ


def _variables(head: dict[str, Any]) -> dict[str, str]:
    listed: str | None = head.get("list")
    if listed is None:
        return _read(_pairs(head["headers"]))
    seen = _SEEN.get(listed)
    if seen is None:
        seen = _read(_pairs(headers_of(listed)))
        if len(listed) <= _LONGEST_SEEN:
            if len(_SEEN) >= _MOST_SEEN:
                _SEEN.clear()
            _SEEN[listed] = seen
    return seen


def _read(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name, value in pairs:
        key = _KEYS[name] if name in _KEYS else _learn(name)
        if key is None:
            continue
        if key in variables:
            value = f"{variables[key]}{'; ' if key == 'HTTP_COOKIE' else ', '}{value}"
        variables[key] = value
    return variables


def split_target(url: str) -> tuple[str, str]:
    """The path, its escapes decoded, and the query."""
    if not url.startswith("/"):
        if url == "*":
            return "", ""
        absolute = _ABSOLUTE.match(url)
        if absolute is not None:
            url = url[absolute.end() :]
            if not url.startswith("/"):
                url = f"/{url}"
    path, _, query = url.partition("?")
    if "%" in path:
        path = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), path)
    return path, query


def _pairs(headers: Any) -> Iterable[tuple[str, str]]:
    """Envelope 1 has an object of them."""
    if isinstance(headers, dict):
        return headers.items()
    flat: list[str] = headers
    return zip(flat[::2], flat[1::2])


def _learn(name: str) -> str | None:
    lower = name.lower()
    key: str | None = f"HTTP_{name.upper().replace('-', '_')}"
    if "_" in name or lower in ("proxy", "transfer-encoding"):
        key = None
    elif lower in ("content-type", "content-length"):
        key = lower.upper().replace("-", "_")
    if len(_KEYS) < _MOST_KEYS:
        _KEYS[name] = key
    return key


def _server(host: str, scheme: str) -> tuple[str, str]:
    known = _SERVERS.get(host)
    if known is None:
        match = _HOST.fullmatch(host)
        name, port = (match[1], match[2]) if match is not None else ("", None)
        known = (name or "localhost", port or None)
        if len(_SERVERS) < _MOST_KEYS:
            _SERVERS[host] = known
    return known[0], known[1] or ("443" if scheme == "https" else "80")
