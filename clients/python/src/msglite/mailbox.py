"""Where the answers to all queries of one client come."""

from __future__ import annotations

import math
import secrets
import time

from .asks import Waiter
from .errors import MsgliteError
from .link import Link
from .receives import Delivery, Receive

#: Seconds. Replies are finished as they come: it only has to outlast a lost connection.
_LEASE = 30.0


class Mailbox:
    """Answers come to labels of one mailbox, on which one receive stands for as long as the client lives. So an answer finds its query
    whatever becomes of connections meanwhile. If the broker has a journal, answers come under a lease, so that none is lost with a
    connection. Called with the link's lock held."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._name = f"~{secrets.token_urlsafe(16)}"
        self._open: dict[str, Waiter] = {}
        self._labels = 0
        self._receive: Receive | None = None

    def open(self, timeout: float) -> tuple[str, Waiter]:
        """A fresh reply address, and what is settled with the delivery of its answer."""
        query = Waiter(time.monotonic() + timeout)
        label = f"{self._labels:x}"
        self._labels += 1
        self._open[label] = query
        if self._receive is None:
            lease = 0.0 if self._link.welcome.journal == "off" else _LEASE
            self._receive = self._link.receive([self._name], math.inf, math.inf, lease, self)
        return f"{self._name}~{label}", query

    def close(self, address: str) -> None:
        """No answer is awaited there any more."""
        self._open.pop(address[len(self._name) + 1 :], None)

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        if delivery.name is not None:
            self._link.finish(delivery, "done")
        # One that comes a second time finds no query, and is finished unseen.
        query = self._open.pop(delivery.message.to[len(self._name) + 1 :], None)
        if query is not None:
            query.settle(delivery)

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        self._receive = None
        for query in self._open.values():
            query.fail(error)
        self._open.clear()

    def expired(self, receive: Receive) -> None:
        """It waits for ever."""

    def withdrawn(self, receive: Receive) -> None:
        """The client was closed."""

    def lapsed(self, delivery: Delivery) -> None:
        """Answers are finished as they come."""
