"""One web request, from its message to the end of its answer."""

from __future__ import annotations

import io
import logging
import sys
from typing import Any
from wsgiref.util import FileWrapper

from ..errors import MsgliteError
from ..link import Link
from ..receives import Delivery
from .application import Application, run
from .body import Body
from .conversation import Conversation
from .environ import Environs
from .head import Head, parse
from .reply import Reply

log = logging.getLogger("msglite.wsgi")


class Requests:
    """Answers requests with an application."""

    def __init__(self, link: Link, application: Application, software: str, threads: bool) -> None:
        self._link = link
        self._application = application
        constant = {
            "SERVER_SOFTWARE": software,
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": threads,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            # It ends where the body does, whatever Content-Length says.
            "wsgi.input_terminated": True,
        }
        self._environs = Environs(constant)

    def answer(self, delivery: Delivery) -> None:
        """Whatever becomes of it, the delivery is finished or given back."""
        message = delivery.message
        try:
            line, _, inline = message.body.partition(b"\n")
            head = parse(line)
            environ = self._environs.of(head)
        except (ValueError, LookupError, TypeError, AttributeError):
            log.error("a message to %s is no web request: %r", message.to, message.body[:200])
            with self._link.lock:
                self._link.end(delivery, "done")
            return
        conversation = Conversation(self._link, delivery, head.cancel_addr)
        body = self._body(conversation, environ, head, message.attempt) if head.body_addr else None
        reply = Reply(head.method, conversation.send)
        well = False
        try:
            environ["wsgi.input"] = io.BytesIO(inline) if body is None else body.input
            environ["msglite.attempt"] = message.attempt
            environ["msglite.client_gone"] = conversation.is_gone
            if body is None:
                if inline and "CONTENT_LENGTH" not in environ:
                    environ["CONTENT_LENGTH"] = str(len(inline))
                well = run(self._application, environ, reply)
            else:
                well = self._measured(environ, body) and run(self._application, environ, reply)
        finally:
            conversation.finish(well)
            if body is not None:
                if not body.is_complete:
                    conversation.drain(head.body_addr)
                body.close()

    def _body(self, conversation: Conversation, environ: dict[str, Any], head: Head, attempt: int) -> Body:
        if head.is_old and environ.get("CONTENT_LENGTH", "0") == "0":
            # Whoever had the request before may have taken the empty message that there is all the same.
            if attempt == 1:
                conversation.drain(head.body_addr)
            return Body()
        return Body(fetch=conversation.fetcher(head.body_addr, head.is_old))

    def _measured(self, environ: dict[str, Any], body: Body) -> bool:
        """A body whose length was not announced: many applications read none unless they are told one. So all of it is waited for.
        False: it did not come."""
        if body.is_complete or "CONTENT_LENGTH" in environ:
            return True
        try:
            environ["CONTENT_LENGTH"] = str(body.length())
            return True
        except (OSError, MsgliteError) as error:
            log.info("%s %s: %s", environ["REQUEST_METHOD"], environ["REQUEST_URI"], error)
            return False
