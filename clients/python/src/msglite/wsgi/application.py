"""One call of an application."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Callable

from .reply import Reply

log = logging.getLogger("msglite.wsgi")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ClientGone(ConnectionError):
    """Nobody waits for the answer any more: raised where an application writes, and its iterator is closed."""


def run(application: Application, environ: dict[str, Any], reply: Reply) -> bool:
    """Calls it, and sends what it answers. False: it could not be finished, and what was begun is to be broken off."""
    result: Iterable[bytes] | None = None
    try:
        result = application(environ, reply.start_response)
        if isinstance(result, (list, tuple)):
            reply.whole(result[0] if len(result) == 1 else b"".join(result))
            return True
        for part in result:
            if not part:
                continue
            reply.write(part)
            if reply.complete:
                return True
        reply.finish()
        return True
    except ClientGone as gone:
        log.info("%s %s: %s", environ["REQUEST_METHOD"], environ["REQUEST_URI"], gone)
        return False
    except Exception:
        log.exception("the application failed on %s %s", environ["REQUEST_METHOD"], environ["REQUEST_URI"])
        return _failed(reply)
    finally:
        _close(result, environ)


def _failed(reply: Reply) -> bool:
    if reply.begun:
        return reply.complete
    try:
        reply.fail()
        return True
    except ClientGone:
        return False


def _close(result: Iterable[bytes] | None, environ: dict[str, Any]) -> None:
    close = getattr(result, "close", None)
    if close is None:
        return
    try:
        close()
    except Exception:
        log.exception("the application failed at its end on %s %s", environ["REQUEST_METHOD"], environ["REQUEST_URI"])
