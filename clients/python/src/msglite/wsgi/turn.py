"""One thread's next request, again and again."""

from __future__ import annotations

import math

from ..asks import Waiter
from ..errors import MsgliteError
from ..link import Link
from ..receives import Delivery, Receive


class Turn(Waiter):
    """Called with the link's lock held. The same object for all requests: they come often."""

    def __init__(self, link: Link, addresses: list[str], lease: float) -> None:
        super().__init__()
        self._link = link
        self._addresses = addresses
        self._lease = lease
        self._receive: Receive | None = None

    def take(self) -> Delivery | None:
        """Waits. None: it was stopped. Raises ``MsgliteError``."""
        self.settled = False
        self.value = None
        link, receive = self._link, self._receive
        if receive is None:
            self._receive = link.receive(self._addresses, math.inf, 1, self._lease, self)
        else:
            link.again(receive)
        try:
            link.wait(self)
        finally:
            if not self.settled:
                self.stop()
        if self.error is not None:
            raise self.error
        delivery: Delivery | None = self.value
        return delivery

    def stop(self) -> None:
        """It is over, unless a message is on its way."""
        if self._receive is not None:
            self._link.withdraw(self._receive)
            self._link.flush()

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        self._link.extend(delivery)
        self.settle(delivery)

    def expired(self, receive: Receive) -> None:
        self.settle()

    def withdrawn(self, receive: Receive) -> None:
        self.settle()

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        self.fail(error)

    def lapsed(self, delivery: Delivery) -> None:
        """Who works on it looks at ``delivery.lost``."""
