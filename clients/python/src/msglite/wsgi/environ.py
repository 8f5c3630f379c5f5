"""What an application sees of a web request: messages of the proxy turned into the environment of CGI."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .head import Head, members

#: Names as they come, and the variables they become; None: dropped.
_KEYS: dict[str, str | None] = {}
_MOST_KEYS = 2048

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
#: Environments that are remembered, and characters of what the longest was made from.
_MOST, _LONGEST = 200, 4096


class Environs:
    """Makes environments. Clients say the same of themselves again and again: what was made of that is remembered, and copied."""

    def __init__(self, constant: dict[str, Any]) -> None:
        """``constant``: variables that are the same for all."""
        self._constant = constant
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, head: Head) -> dict[str, Any]:
        """Without ``wsgi.input``. Strings have one character per byte. Raises ``ValueError``, ``LookupError``, ``TypeError``,
        ``AttributeError`` where the head makes no sense."""
        common, url = head.common, head.url
        if isinstance(common, str):
            environ = (self._known.get(common) or self._learn(common)).copy()
        else:
            environ = self._make(common)
        environ["REQUEST_METHOD"] = head.method
        environ["PATH_INFO"], environ["QUERY_STRING"] = split_target(url)
        environ["REQUEST_URI"] = url
        return environ

    def _learn(self, common: str) -> dict[str, Any]:
        made = self._make(members(common))
        if len(common) <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[common] = made
        return made

    def _make(self, head: dict[str, Any]) -> dict[str, Any]:
        """All but what is each request's own, for which there is a place."""
        scheme = head.get("scheme", "http")
        environ = {
            "REQUEST_METHOD": "",
            "SCRIPT_NAME": "",
            "PATH_INFO": "",
            "QUERY_STRING": "",
            "REQUEST_URI": "",
            "SERVER_PROTOCOL": head["protocol"],
            "REMOTE_ADDR": head.get("remoteAddr", ""),
            **_variables(_pairs(head["headers"])),
            **self._constant,
            "wsgi.url_scheme": scheme,
        }
        environ["SERVER_NAME"], environ["SERVER_PORT"] = _server(environ.get("HTTP_HOST", ""), scheme)
        if scheme == "https":
            environ["HTTPS"] = "on"
        return environ


def _variables(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name with ``_`` is dropped: it could pass for the same name with ``-``. So is ``Proxy``: programs take HTTP_PROXY for a setting;
    and Transfer-Encoding: whatever it was, the body has been put together."""
    variables: dict[str, str] = {}
    for name, value in pairs:
        key = _KEYS[name] if name in _KEYS else _learn_key(name)
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
    if len(flat) % 2:
        raise ValueError("the headers are names and values")
    return zip(flat[::2], flat[1::2])


def _learn_key(name: str) -> str | None:
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
    match = _HOST.fullmatch(host)
    name, port = (match[1], match[2]) if match is not None else ("", None)
    return name or "localhost", port or ("443" if scheme == "https" else "80")
