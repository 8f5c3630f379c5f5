"""One message, without a lease."""

from __future__ import annotations

from collections.abc import Sequence

from .asks import Waiter
from .errors import MsgliteError
from .link import Link
from .receives import Delivery, Receive


class Ready:
    """Called with the link's lock held."""

    def __init__(self, link: Link, addresses: Sequence[str], timeout: float) -> None:
        self._link = link
        self._waiter = Waiter()
        self._receive = link.receive(addresses, timeout, 1, 0.0, self)
        # One that wants what is there already waits for a broker to ask.
        self._waiter.due = self._receive.due if timeout > 0 else None

    def result(self) -> Delivery | None:
        """Waits. None: the time ran out. Raises ``MsgliteError``."""
        waiter = self._waiter
        try:
            if not self._link.wait(waiter):
                self._link.forget(self._receive)
        finally:
            # Left by an exception: whoever comes too late for it has it again.
            if not waiter.settled and self._receive.state == "waiting":
                self._link.withdraw(self._receive)
                self._link.flush()
        if waiter.error is not None:
            raise waiter.error
        delivery: Delivery | None = waiter.value
        return delivery

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        self._waiter.settle(delivery)

    def expired(self, receive: Receive) -> None:
        self._waiter.settle()

    def withdrawn(self, receive: Receive) -> None:
        self._waiter.settle()

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        self._waiter.fail(error)

    def lapsed(self, delivery: Delivery) -> None:
        """Who works on it looks at ``delivery.lost``."""
