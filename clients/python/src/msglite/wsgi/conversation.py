"""What is said and heard of one web request: its body, its answer, whether its client waits."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any, Callable

from .. import wire
from ..asks import OVERHEAD, Ask, SendAsk, Waiter
from ..decoder import Frame
from ..errors import MsgliteError
from ..link import Link
from ..ready import Ready
from ..receives import Delivery, Receive
from ..wire import STANDARD, Options
from .application import ClientGone

#: Seconds in which the proxy has to take what we send.
TIMEOUT = 60.0
#: Seconds for the next piece of a request's body.
BODY_TIMEOUT = 60.0
#: Pieces of an answer that are under way at a time: the proxy finishes one when its client has taken it. And
#: of a body that are asked for.
WINDOW = 4

_PIECE = Options(receipt="done", dead="")


class Conversation:
    """Takes the lock itself, unless it says otherwise.

    A message without a receipt is not sent again when the connection is lost, but for an answer that is complete in it: a second
    one of those the proxy drops. For the others the request is given back, and the proxy breaks off what was begun.
    """

    # As it is for most: so nothing need be set for each.
    _departure: Departure | None = None
    _upload: Upload | None = None
    _under_way: list[Ask] | None = None
    _last: Ask | None = None
    _error: MsgliteError | None = None
    _ended = False

    def __init__(self, link: Link, delivery: Delivery, cancel_addr: str) -> None:
        self._link = link
        self._delivery = delivery
        self._cancel_addr = cancel_addr

    # The answer

    def send(self, data: bytes, last: bool) -> None:
        """For ``Reply``. Raises ``ClientGone``. The last one leaves when the thread waits the next time."""
        link = self._link
        with link.lock:
            if self._departure is not None or self._delivery.lost or self._error is not None:
                self._throw_if_over()
            to = self._delivery.message.reply_to
            if to is None:
                return
            if last and self._under_way is None:
                self._ended = True
                self._last = Whole(to, data, self._settled)
                link.ask(self._last)
                return
            self._stream(to, data, last)

    def _stream(self, to: str, data: bytes, last: bool) -> None:
        """One piece of several."""
        link, under_way = self._link, self._under_way
        if under_way is None:
            under_way = self._under_way = []
            self._watch()
        options = STANDARD if last else _PIECE
        ask = SendAsk("", to, None, data, TIMEOUT, options, False, False, self._settled)
        under_way.append(ask)
        if last:
            self._last = ask
        link.ask(ask)
        if last:
            return
        link.flush()
        while len(under_way) >= WINDOW:
            link.wait(under_way[0])
            self._throw_if_over()

    def is_gone(self) -> bool:
        """Whether its client has gone: for applications. May be a second late."""
        with self._link.lock:
            self._watch()
            self._link.flush()
            return self._gone

    def finish(self, well: bool) -> None:
        """Nothing more is said. It is finished when all of the answer is the broker's, or given back if it can't be finished."""
        if self._ended and self._departure is None and self._upload is None:
            # Nothing else was ever said of it.
            return
        with self._link.lock:
            self._ended = True
            if self._departure is not None:
                self._departure.end()
            if self._upload is not None:
                self._upload.end()
            if not well and not self._gone:
                self._link.end(self._delivery, "back")
            elif self._last is None or self._last.settled:
                self._conclude()

    def _settled(self, ask: Ask) -> None:
        if self._under_way is not None:
            self._under_way.remove(ask)
        self._error = self._error or ask.error
        if self._ended and ask is self._last:
            self._conclude()

    def _conclude(self) -> None:
        how = "done" if self._error is None or self._gone else "back"
        self._link.end(self._delivery, how)

    @property
    def _gone(self) -> bool:
        return self._departure is not None and self._departure.seen

    def _throw_if_over(self) -> None:
        if self._gone:
            raise ClientGone("the client has gone")
        if self._delivery.lost:
            raise ClientGone("the request was lost: somebody else has it")
        if self._error is not None:
            raise ClientGone(f"the answer could not be sent: {self._error}")

    def _watch(self) -> None:
        if self._departure is None and self._cancel_addr:
            self._departure = Departure(self._link, self._cancel_addr)

    # The body

    def fetcher(self, address: str, whole: bool) -> Callable[[], bytes]:
        """What returns the next piece of the body, an empty one last, and raises ``OSError`` or ``MsgliteError``. ``whole``: there is
        one piece."""
        upload = self._upload = Upload(self._link, address, whole)

        def fetch() -> bytes:
            with self._link.lock:
                self._watch()
                if self._departure is not None:
                    self._departure.tell = upload.look
                return upload.next(self._throw_if_over)

        return fetch

    def drain(self, address: str) -> None:
        """What is there of a body that nobody has read: otherwise it would wait in the broker until its time is over."""
        with self._link.lock:
            while True:
                delivery = Ready(self._link, [address], 0.0).result()
                if delivery is None or not delivery.message.body:
                    return


class Whole(Ask):
    """An answer that is complete in one message. Leaner than others, since it is what most requests have."""

    tag = ""
    repeatable = True

    def __init__(self, to: str, body: bytes, listener: Callable[[Ask], None]) -> None:
        self.due = time.monotonic() + TIMEOUT
        self.cost = len(body) + OVERHEAD
        self._to = to
        self._body = body
        self._listener = listener

    def text(self, now: float) -> bytes:
        assert self.due is not None
        left = self.due - now
        # Said late, it has only so much time as is left.
        return wire.send(self.tag, self._to, None, self._body, TIMEOUT if left > TIMEOUT - 1 else max(0.001, left))

    def answered(self, frame: Frame) -> None:
        self.settle()

    def settle(self, value: Any = None) -> None:
        """Nobody waits for it: who listens is told."""
        if not self.settled:
            self.settled = True
            # It is the one who has us: without a circle, both are gone at once.
            listener = self._listener
            del self._listener
            listener(self)


class Upload:
    """The pieces of a request's body. Each is finished when it came, so that the proxy sends more. Called with the link's lock held."""

    def __init__(self, link: Link, address: str, whole: bool) -> None:
        self._link = link
        self._address = address
        self._whole = whole
        self._receive: Receive | None = None
        self._pieces: deque[bytes] = deque()
        self._waiter = Waiter()
        self._error: Exception | None = None
        self._over = False

    def next(self, check: Callable[[], None]) -> bytes:
        """Waits for it. ``check`` raises if there is no use in that."""
        deadline = time.monotonic() + BODY_TIMEOUT
        while not self._pieces:
            if self._over:
                return b""
            check()
            if self._error is not None:
                raise self._error
            if self._receive is None:
                count = 1 if self._whole else WINDOW
                self._receive = self._link.receive([self._address], math.inf, count, BODY_TIMEOUT, self)
            self._waiter = Waiter()
            if not self._link.wait(self._waiter, deadline):
                self.end()
                raise OSError("the body of the request did not come in time")
        return self._pieces.popleft()

    def look(self) -> None:
        """Whoever waits shall look again."""
        self._waiter.settle()

    def end(self) -> None:
        """No more is wanted."""
        self._over = True
        receive, self._receive = self._receive, None
        if receive is not None:
            self._link.withdraw(receive)

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        if receive.state == "over":
            self._receive = None
        self._link.end(delivery, "done")
        body = delivery.message.body
        if delivery.message.attempt > 1 and not self._whole:
            # It may be one that came before, or one of several that did not.
            self._error = OSError("the connection to the broker was lost while the body of the request came")
        elif body:
            self._pieces.append(body)
        if self._whole or not body or self._error is not None:
            self.end()
        self.look()

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        self._error = error
        self.look()

    def expired(self, receive: Receive) -> None:
        """It waits for ever."""

    def withdrawn(self, receive: Receive) -> None:
        """It was over."""

    def lapsed(self, delivery: Delivery) -> None:
        """It is finished as it comes."""


class Departure:
    """Waits for the word that nobody waits any more. Called with the link's lock held."""

    def __init__(self, link: Link, address: str) -> None:
        self.seen = False
        #: Called then.
        self.tell: Callable[[], None] = lambda: None
        self._link = link
        self._receive = link.receive([address], math.inf, 1, 0.0, self)

    def end(self) -> None:
        self._link.withdraw(self._receive)

    def deliver(self, delivery: Delivery, receive: Receive) -> None:
        self.seen = True
        self.tell()

    def expired(self, receive: Receive) -> None:
        """It waits for ever."""

    def withdrawn(self, receive: Receive) -> None:
        """It was over."""

    def refused(self, receive: Receive, error: MsgliteError) -> None:
        """Then nobody tells us."""

    def lapsed(self, delivery: Delivery) -> None:
        """It has no lease."""
