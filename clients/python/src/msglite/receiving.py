"""Messages, one after the other, no more at a time than was asked for."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .asks import Waiter
from .errors import MsgliteError, closed
from .link import Link
from .message import LeasedMessage, lease_lost
from .receives import Delivery, Receive

if TYPE_CHECKING:
    from .client import Client

log = logging.getLogger("msglite")


class Receiving(Iterator[LeasedMessage]):
    """An iterator, which any number of threads may share. One that is left early should be closed (it is a context manager): that
    gives back what was taken and not seen."""

    def __init__(
        self,
        client: Client,
        link: Link,
        addresses: Sequence[str],
        lease: float,
        concurrency: int,
        count: float,
        timeout: float,
        extended: bool = False,
    ) -> None:
        self._client = client
        self._link = link
        self._addresses = addresses
        self._lease = lease
        self._concurrency = concurrency
        self._timeout = timeout
        self._due = time.monotonic() + timeout
        #: Messages not asked for yet.
        self._left = count
        self._extended = extended
        self._receives: set[Receive] = set()
        #: Messages that may still come of what was asked for.
        self._asked = 0
        #: Taken, not yet seen.
        self._ready: deque[LeasedMessage] = deque()
        #: Taken and not ended.
        self._out: dict[Delivery, LeasedMessage] = {}
        self._waiters: deque[Waiter] = deque()
        self._stopped = False
        self._failure: MsgliteError | None = None

    def __iter__(self) -> Receiving:
        return self

    def __next__(self) -> LeasedMessage:
        """Raises ``StopIteration`` at its end, ``MsgliteError`` when it was refused or the client closed."""
        with self._link.lock:
            while True:
                if self._ready:
                    return self._ready.popleft()
                if self._failure is not None:
                    raise self._failure
                self._ask()
                if self.is_over:
                    raise StopIteration
                self._wait()

    def stop(self) -> None:
        """Takes no more; what is on its way still comes, and then the iteration ends. From any thread."""
        with self._link.lock:
            self._stop()

    def close(self) -> None:
        """Takes no more, and gives back what was taken and not seen."""
        with self._link.lock:
            self._failure = self._failure or closed()
            self._stop()
            for message in self._ready:
                self._end(message._delivery, "back", 0.0)
            self._ready.clear()
            self._link.flush()

    def __enter__(self) -> Receiving:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self) -> None:
        waiter = Waiter(None if self._due == math.inf else self._due)
        self._waiters.append(waiter)
        try:
            if not self._link.wait(waiter):
                # There was no broker to say that the time ran out.
                self._stop()
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _ask(self) -> None:
        count = min(self._concurrency - len(self._out) - self._asked, self._left)
        if self._stopped or count <= 0:
            return
        self._left -= count
        self._asked += int(count)
        left = 0.0 if self._timeout == 0 else max(0.001, self._due - time.monotonic())
        receive = self._link.receive(self._addresses, left, int(count), self._lease, self)
        if receive.state != "over":
            self._receives.add(receive)

    @property
    def is_over(self) -> bool:
        """Whether nothing comes any more."""
        return not self._receives and not self._ready and (self._stopped or self._left == 0)

    def _stop(self) -> None:
        self._stopped = True
        for receive in list(self._receives):
            self._link.withdraw(receive)
        self._link.flush()
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            self._waiters.popleft().settle()

    # What the link says

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        self._asked -= 1
        if receive.state == "over":
            self._receives.discard(receive)
        message = LeasedMessage(delivery, self._client, self)
        self._out[delivery] = message
        if self._failure is not None:
            self._end(delivery, "back", 0.0)
            return
        if self._extended:
            self._link.extend(delivery)
        self._ready.append(message)
        if self._is_last:
            self._wake()
        elif self._waiters:
            self._waiters.popleft().settle()

    @property
    def _is_last(self) -> bool:
        return not self._receives and (self._stopped or self._left == 0)

    def expired(self, receive: Receive) -> None:
        self._over(receive)
        self._stop()

    def withdrawn(self, receive: Receive) -> None:
        self._over(receive)
        self._wake()

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        self._over(receive)
        self._failure = self._failure or error
        self._stop()

    def lapsed(self, delivery: Delivery) -> None:
        message = self._out.pop(delivery, None)
        if message is not None and message in self._ready:
            # Nobody has seen it, so nobody misses it.
            self._ready.remove(message)
        elif message is not None and self._link.state != "closed":
            log.warning("the lease of a message to %s was lost", message.to)
        self._wake()

    def _over(self, receive: Receive) -> None:
        self._asked -= int(receive.left)
        self._receives.discard(receive)

    # What messages say

    def finish(self, delivery: Delivery, how: str, delay: float = 0.0) -> None:
        with self._link.lock:
            if delivery.ended is not None:
                return
            if delivery.lost:
                raise lease_lost()
            self._end(delivery, how, delay)
            self._link.flush()

    def keep(self, delivery: Delivery, lease: float) -> None:
        with self._link.lock:
            if delivery.lost:
                raise lease_lost()
            self._link.keep(delivery, lease)
            self._link.flush()

    def _end(self, delivery: Delivery, how: str, delay: float) -> None:
        self._link.finish(delivery, how, delay)
        if self._out.pop(delivery, None) is not None and self._waiters:
            # Its place is free: who waits asks for the next.
            self._waiters.popleft().settle()
