"""The leased deliveries that are ours, and those that we have ended while nobody has told that the broker knows."""

from __future__ import annotations

import time
from typing import Callable

from . import wire
from .asks import FlushAsk
from .receives import Delivery

#: Ends that are kept until the broker has confirmed them, before it is asked to.
_MOST_UNCONFIRMED = 256
#: Seconds after which it is asked to anyway.
_UNCONFIRMED = 1.0


class Held:
    """After a lost connection all are named again: a broker that was restarted gives them to who does. Called with the link's lock held."""

    def __init__(self, write: Callable[[bytes], None], ask: Callable[[FlushAsk], None]) -> None:
        self._write = write
        self._ask = ask
        self._held: dict[str, Delivery] = {}
        #: Ends said on this connection since a confirmation was asked for.
        self._ended: list[Delivery] = []
        self._ended_at = 0.0
        self._confirming = False
        #: Counts connections.
        self._age = 0

    @property
    def unconfirmed(self) -> bool:
        return any(delivery.ended is not None for delivery in self._held.values())

    def add(self, name: str, delivery: Delivery) -> None:
        self._held[name] = delivery

    def end(self, delivery: Delivery, how: str) -> None:
        """``done``, or ``back``. Said once: where that is lost, the broker gives it back with the connection."""
        name = delivery.name
        if delivery.ended is None and not delivery.lost and name is not None:
            delivery.ended = how
            self._write(wire.done(name) if how == "done" else wire.give_back(name))
            self._held.pop(name, None)

    def finish(self, delivery: Delivery, how: str, delay: float) -> None:
        """The same, said again after a lost connection."""
        if delivery.ended is not None or delivery.lost or delivery.name is None:
            return
        delivery.ended = how
        delivery.delay = delay
        self._say(delivery.name, delivery)
        if not self._ended:
            self._ended_at = time.monotonic()
        self._ended.append(delivery)
        if len(self._ended) >= _MOST_UNCONFIRMED:
            self._confirm()

    def keep(self, delivery: Delivery, lease: float) -> None:
        if delivery.ended is None and not delivery.lost and delivery.name is not None:
            delivery.lease = lease
            self._say(delivery.name, delivery)

    def connected(self) -> None:
        for name, delivery in self._held.items():
            self._say(name, delivery)
        self._ended = [delivery for delivery in self._held.values() if delivery.ended is not None]

    def lost(self) -> None:
        self._age += 1
        self._confirming = False
        self._ended = []

    def refused(self, name: str) -> None:
        """The broker says that it is not ours, or no longer."""
        delivery = self._held.pop(name, None)
        if delivery is not None:
            delivery.lost = True
            if delivery.ended is None:
                delivery.listener.lapsed(delivery)

    def clear(self) -> None:
        """The client is closed: all goes back."""
        held = list(self._held.values())
        self._held.clear()
        for delivery in held:
            delivery.lost = True
            if delivery.ended is None:
                delivery.listener.lapsed(delivery)

    def tend(self, now: float) -> float | None:
        """Extends what is due, asks for confirmation. Returns seconds until there is more to do; None: nothing is held."""
        if self._ended and now - self._ended_at >= _UNCONFIRMED:
            self._confirm()
        if not self._held:
            return None
        pause = _UNCONFIRMED if self._ended else 3600.0
        for name, delivery in self._held.items():
            if delivery.ended is not None:
                continue
            if delivery.due <= now:
                delivery.due = now + delivery.lease / 3
                self._say(name, delivery)
            pause = min(pause, delivery.due - now)
        return pause

    def _say(self, name: str, delivery: Delivery) -> None:
        if delivery.ended is None:
            self._write(wire.keep(name, delivery.lease))
        elif delivery.ended == "done":
            self._write(wire.done(name))
        else:
            self._write(wire.give_back(name, delivery.delay))

    def _confirm(self) -> None:
        """One at a time: the more is finished, the more each of them confirms."""
        if self._confirming:
            return
        ended, self._ended = self._ended, []
        age = self._age
        self._confirming = True

        def confirmed(well: bool) -> None:
            # What was asked on an earlier connection is answered for that one.
            if age != self._age:
                return
            self._confirming = False
            if well:
                for delivery in ended:
                    self._held.pop(delivery.name or "", None)

        self._ask(FlushAsk("", confirmed))
