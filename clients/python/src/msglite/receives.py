"""Receives, whatever becomes of connections meanwhile, and the deliveries that come of them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Protocol

from .decoder import Delivered
from .errors import MsgliteError


class Delivery:
    """A message that was handed to us."""

    # As it is at first: so nothing need be set for each.
    #: ``done`` or ``back``, once we have said that.
    ended: str | None = None
    delay = 0.0
    #: Its lease is lost.
    lost = False
    #: When its lease is to be extended: for as long as it is ours, or never.
    due = math.inf

    def __init__(self, message: Delivered, lease: float, listener: ReceiveListener) -> None:
        self.message = message
        #: None: it has no lease.
        self.name = message.delivery
        self.lease = lease
        self.listener = listener


class ReceiveListener(Protocol):
    """All is called under the link's lock. After the last message, or one of ``expired``, ``withdrawn`` and ``refused``, nothing comes."""

    def deliver(self, delivery: Delivery, receive: Receive) -> None: ...

    def expired(self, receive: Receive) -> None: ...

    def withdrawn(self, receive: Receive) -> None: ...

    def refused(self, receive: Receive, error: MsgliteError) -> None: ...

    def lapsed(self, delivery: Delivery) -> None: ...


class Receive:
    """
    ::

        waiting -> over               it has its messages, its time ran out, it was refused
        waiting -> leaving -> over    it was withdrawn; what is on its way still comes
    """

    def __init__(
        self, addresses: Sequence[str], timeout: float, count: float, lease: float, listener: ReceiveListener
    ) -> None:
        self.addresses: list[str] = list(addresses)
        #: Seconds for the whole. 0: only what is there already. Infinite: for ever.
        self.timeout = timeout
        #: Seconds; 0: no lease.
        self.lease = lease
        self.listener = listener
        self.state = "waiting"
        self.due = time.monotonic() + timeout
        #: Messages that may still come; perhaps infinite.
        self.left = count
        self.tag = ""
        self.left_of_tag = 0
        #: How that is said under this tag; None: nothing is repeated.
        self.line: bytes | None = None

    def left_of_time(self, now: float) -> float:
        return 0.0 if self.timeout == 0 else max(0.001, self.due - now)
