"""What goes wrong, with the protocol's codes."""

from __future__ import annotations


class MsgliteError(Exception):
    """Every error of the client.

    ``code`` is for programs: one of the protocol (``full``, ``id-conflict``, ``dead``, ``no-such-delivery``, ``journal-failed``,
    ``body-too-large``, …; later brokers may have more), or one of the client's own: ``unreachable``, ``connection-lost``,
    ``expired``, ``closed``, ``bad-argument``, ``protocol``. ``text`` is for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Unreachable(MsgliteError, ConnectionError):
    """``unreachable``: no connection could be made."""


class ConnectionLost(MsgliteError, ConnectionError):
    """``connection-lost``: it broke, and whether the broker carried out what was under way is unknown."""


class Expired(MsgliteError, TimeoutError):
    """``expired``: its time ran out before a broker took it or, with ``receipt="done"``, before somebody received it."""


class BadArgument(MsgliteError, ValueError):
    """``bad-argument``: nothing was sent, because it can't be said in the protocol."""


class NotAllowed(MsgliteError, PermissionError):
    """``unauthorized`` and ``forbidden``: it takes a token, or another one."""


class LeaseLost(MsgliteError):
    """``no-such-delivery``: the message goes to somebody else, or comes again. Who works on it should stop."""


_CLASSES: dict[str, type[MsgliteError]] = {
    "unreachable": Unreachable,
    "connection-lost": ConnectionLost,
    "expired": Expired,
    "bad-argument": BadArgument,
    "unauthorized": NotAllowed,
    "forbidden": NotAllowed,
    "no-such-delivery": LeaseLost,
}


def error_of(code: str, text: str) -> MsgliteError:
    """The error with this code, of the class that goes with it."""
    return _CLASSES.get(code, MsgliteError)(code, text)


def bad(text: str) -> MsgliteError:
    """For who finds that something can not be said."""
    return BadArgument("bad-argument", text)


def closed() -> MsgliteError:
    """What is said of all calls once the client was closed."""
    return MsgliteError("closed", "the client was closed")
