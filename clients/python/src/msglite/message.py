"""What is received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import Body, checked_seconds, from_wire
from .asks import Receipt
from .errors import LeaseLost, bad
from .receives import Delivery

if TYPE_CHECKING:
    from .client import Client
    from .receiving import Receiving


class Message:
    """A message that was received."""

    def __init__(self, delivery: Delivery, client: Client) -> None:
        message = delivery.message
        #: The address it was at, label included; for a dead letter its dead address.
        self.to: str = from_wire(message.to)
        #: Where its sender awaits an answer, if it does.
        self.reply_to: str | None = None if message.reply_to is None else from_wire(message.reply_to)
        #: Seconds, as it was sent.
        self.timeout: float = message.timeout / 1000
        self.body: bytes = message.body
        #: Which of its deliveries this is: 1 for the first.
        self.attempt: int = message.attempt
        #: Its sender's name for it, if it has one.
        self.id: str | None = None if message.id is None else from_wire(message.id)
        #: Of a dead letter: the address to which it was sent.
        self.sent_to: str | None = None if message.sent_to is None else from_wire(message.sent_to)
        self._client = client

    def text(self) -> str:
        """The body, taken for UTF-8."""
        return self.body.decode("utf-8", "replace")

    def reply(self, body: Body, **options: Any) -> Receipt:
        """Sends to where its sender awaits an answer; options as for ``Client.send``. Raises as that does, and ``BadArgument`` if no
        answer is awaited."""
        if self.reply_to is None:
            raise bad("this message awaits no answer")
        return self._client.send(self.reply_to, body, **options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to={self.to!r} attempt={self.attempt} bytes={len(self.body)}>"


class LeasedMessage(Message):
    """A message under a lease: it comes again, here or elsewhere, unless it is ``done`` before that runs out.

    As a context manager it is done at the end, and given back if there was an exception.
    """

    def __init__(self, delivery: Delivery, client: Client, receiving: Receiving) -> None:
        super().__init__(delivery, client)
        self._delivery = delivery
        self._receiving = receiving

    @property
    def is_ours(self) -> bool:
        """False once it is done, given back, or its lease is lost."""
        return self._delivery.ended is None and not self._delivery.lost

    @property
    def is_lost(self) -> bool:
        """Its lease was lost before it was ended: somebody else gets the message, and to work on is no use."""
        return self._delivery.lost

    def done(self) -> None:
        """It is finished. The broker does not answer; ``Client.flush`` tells when it is certain. A second call does nothing. Raises
        ``LeaseLost``."""
        self._receiving.finish(self._delivery, "done")

    def give_back(self, delay: float = 0.0) -> None:
        """Somebody shall have it, now or in ``delay`` seconds. Raises ``LeaseLost``."""
        self._receiving.finish(self._delivery, "back", checked_seconds("a delay", delay))

    def keep(self, seconds: float) -> None:
        """The lease ends so many seconds from now. Raises ``LeaseLost``."""
        self._receiving.keep(self._delivery, checked_seconds("a lease", seconds, 0.001))

    def __enter__(self) -> LeasedMessage:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if not self.is_ours:
            return
        if kind is None:
            self.done()
        else:
            self.give_back()


def lease_lost() -> LeaseLost:
    return LeaseLost("no-such-delivery", "the lease was lost: the message goes to somebody else, or comes again")
