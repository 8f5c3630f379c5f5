"""The receives that are not over. After a lost connection they are said again, for what is left of them."""

from __future__ import annotations

import math
import time
from typing import Callable

from . import wire
from .arguments import MOST_COUNT
from .decoder import Delivered
from .errors import MsgliteError
from .receives import Delivery, Receive


class Standing:
    """Called with the link's lock held."""

    def __init__(self, new_tag: Callable[[], str], write: Callable[[bytes], None]) -> None:
        self._new_tag = new_tag
        self._write = write
        self._all: dict[Receive, None] = {}
        self._by_tag: dict[str, Receive] = {}
        #: The one for which the last message came.
        self.last: Receive = None  # type: ignore[assignment]

    def add(self, receive: Receive, up: bool) -> None:
        self._all[receive] = None
        if up:
            self._say(receive)

    def again(self, receive: Receive, up: bool) -> None:
        """It had its message and wants another one; it is for ever. The tag is free, and the line is the same each time."""
        receive.state = "waiting"
        receive.left = receive.left_of_tag = 1
        self._all[receive] = None
        if up:
            line = receive.line
            if line is None:
                line = receive.line = wire.receive(receive.tag, receive.addresses, math.inf, 1, receive.lease)
            self._by_tag[receive.tag] = receive
            self._write(line)

    def withdraw(self, receive: Receive, up: bool) -> None:
        if receive.state != "waiting":
            return
        receive.state = "leaving"
        if up:
            self._write(wire.take_back(receive.tag))
        else:
            self._end(receive)
            receive.listener.withdrawn(receive)

    def forget(self, receive: Receive) -> None:
        """Its listener hears no more."""
        self._end(receive)

    def connected(self) -> None:
        now = time.monotonic()
        for receive in list(self._all):
            if receive.timeout > 0 and receive.due <= now:
                self._end(receive)
                receive.listener.expired(receive)
            else:
                self._say(receive)

    def lost(self) -> None:
        self._by_tag.clear()
        for receive in list(self._all):
            if receive.state != "waiting":
                self._end(receive)
                receive.listener.withdrawn(receive)

    def fail(self, error: MsgliteError) -> None:
        for receive in list(self._all):
            leaving = receive.state == "leaving"
            self._end(receive)
            if leaving:
                receive.listener.withdrawn(receive)
            else:
                receive.listener.refused(receive, error)

    def message(self, message: Delivered) -> Delivery | None:
        """None: nobody waits for it."""
        receive = self._by_tag.get(message.tag)
        if receive is None:
            return None
        self.last = receive
        receive.left -= 1
        receive.left_of_tag -= 1
        if receive.left == 0:
            self._end(receive)
        elif receive.left_of_tag == 0:
            self._renew(receive)
        return Delivery(message, receive.lease if message.delivery is not None else 0.0, receive.listener)

    def over(self, tag: str) -> bool:
        """False: nobody waits for it."""
        receive = self._by_tag.get(tag)
        if receive is None:
            return False
        if receive.state == "waiting" and receive.due == math.inf:
            self._renew(receive)
            return True
        leaving = receive.state == "leaving"
        self._end(receive)
        if leaving:
            receive.listener.withdrawn(receive)
        else:
            receive.listener.expired(receive)
        return True

    def refused(self, tag: str, error: MsgliteError) -> bool:
        """False: nobody waits for it."""
        receive = self._by_tag.get(tag)
        if receive is None:
            return False
        self._end(receive)
        receive.listener.refused(receive, error)
        return True

    def _say(self, receive: Receive) -> None:
        receive.tag = self._new_tag()
        receive.left_of_tag = int(min(receive.left, MOST_COUNT))
        receive.line = None
        self._by_tag[receive.tag] = receive
        left = receive.left_of_time(time.monotonic())
        self._write(wire.receive(receive.tag, receive.addresses, left, receive.left_of_tag, receive.lease))

    def _renew(self, receive: Receive) -> None:
        """The broker has done all that it was asked to, and more is wanted."""
        del self._by_tag[receive.tag]
        if receive.state == "leaving":
            self._end(receive)
            receive.listener.withdrawn(receive)
        else:
            self._say(receive)

    def _end(self, receive: Receive) -> None:
        receive.state = "over"
        self._all.pop(receive, None)
        self._by_tag.pop(receive.tag, None)
