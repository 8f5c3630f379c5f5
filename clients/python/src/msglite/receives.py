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

    __slots__ = ("message", "name", "lease", "listener", "ended", "delay", "lost", "due", "extended")

    def __init__(self, message: Delivered, lease: float, listener: ReceiveListener) -> None:
        self.message = message
        #: None: it has no lease.
        self.name = message.delivery
        self.lease = lease
        self.listener = listener
        #: ``done`` or ``back``, once we have said that.
        self.ended: str | None = None
        self.delay = 0.0
        #: Its lease is lost.
        self.lost = False
        #: Whether its lease is extended for as long as it is ours, and when that is due.
        self.extended = False
        self.due = math.inf


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

    __slots__ = ("addresses", "timeout", "lease", "listener", "state", "due", "left", "tag", "left_of_tag", "asked")

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
        #: How that is said behind the tag, where it is the same each time: for ever, and for one message.
        self.asked: str | None = None

    def left_of_time(self, now: float) -> float:
        return 0.0 if self.timeout == 0 else max(0.001, self.due - now)
