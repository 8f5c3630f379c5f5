"""What is asked of the broker and answered once: sends, flushes, control commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

from . import wire
from .decoder import Answer, Done, Frame
from .errors import MsgliteError, error_of

#: Seconds that a message may have waited to be said, and still have all its time.
_LATE = 1.0
#: Bytes that an ask counts for beside its body.
OVERHEAD = 300


class Receipt(NamedTuple):
    """The broker has the message, whatever happens to it now."""

    #: It had it before, under the same id.
    duplicate: bool = False


class Waiter:
    """Something that one thread waits for. Settled once, under the link's lock."""

    # As it is at first: so nothing need be set for each.
    settled = False
    value: Any = None
    error: MsgliteError | None = None
    condition: threading.Condition | None = None

    def __init__(self, due: float | None = None) -> None:
        #: When it is no use any more, on ``time.monotonic``.
        self.due = due

    def settle(self, value: Any = None) -> None:
        if not self.settled:
            self.settled = True
            self.value = value
            if self.condition is not None:
                self.condition.notify()

    def fail(self, error: MsgliteError) -> None:
        if not self.settled:
            self.error = error
            self.settle()


class Ask(Waiter):
    """Kept until it is answered, to be said again on the next connection where that does no harm."""

    #: It was said on the connection that is there.
    written = False
    #: It was said at least once.
    tried = False

    def __init__(self, tag: str, repeatable: bool, cost: int = 0, due: float | None = None) -> None:
        self.due = due
        self.tag = tag
        self.repeatable = repeatable
        self.cost = cost

    def text(self, now: float) -> bytes:
        raise NotImplementedError

    def answered(self, frame: Frame) -> None:
        raise NotImplementedError

    def refused(self, code: str, text: str) -> bool:
        """True: it wants to be asked once more, under the same tag."""
        self.fail(error_of(code, text))
        return False


class SendAsk(Ask):
    """``>>``. One with an id may be said again; so may one where that is said to do no harm."""

    def __init__(
        self,
        tag: str,
        to: str,
        reply_to: str | None,
        body: bytes,
        timeout: float,
        options: wire.Options,
        automatic: bool = False,
        harmless: bool = False,
        listener: Callable[[SendAsk], None] | None = None,
    ) -> None:
        # One sent with 0 lives for a second.
        due = time.monotonic() + (timeout or 1.0)
        super().__init__(tag, harmless or options.id is not None, len(body) + OVERHEAD, due)
        self._to = to
        self._reply_to = reply_to
        self._body = body
        self._timeout = timeout
        self._options = options
        self._automatic = automatic
        self._listener = listener

    def text(self, now: float) -> bytes:
        timeout, options = self._timeout, self._options
        assert self.due is not None
        left = self.due - now
        if left < timeout - _LATE:
            # Said late, it has only so much time as is left.
            left = max(0.001, left)
            delay = max(0.0, min(options.delay - (timeout - left), left - 0.001))
            timeout, options = left, options._replace(delay=delay)
        return wire.send(self.tag, self._to, self._reply_to, self._body, timeout, options)

    def answered(self, frame: Frame) -> None:
        self.settle(Receipt(isinstance(frame, Done) and frame.options.get("duplicate") == "1"))

    def refused(self, code: str, text: str) -> bool:
        if code == "full" and self._automatic:
            # It may be ids that there are too many of.
            self._automatic = False
            self.repeatable = False
            self._options = self._options._replace(id=None)
            return True
        return super().refused(code, text)

    def settle(self, value: Any = None) -> None:
        super().settle(value)
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener(self)


class FlushAsk(Ask):
    """``!!``"""

    def __init__(self, tag: str, done: Callable[[bool], None] | None = None) -> None:
        super().__init__(tag, True)
        self._done = done

    def text(self, now: float) -> bytes:
        return wire.hello(self.tag)

    def answered(self, frame: Frame) -> None:
        self.settle()

    def settle(self, value: Any = None) -> None:
        super().settle(value)
        if self._done is not None:
            done, self._done = self._done, None
            done(self.error is None)


class ControlAsk(Ask):
    """``==``"""

    def __init__(self, tag: str, command: str, arguments: Sequence[str]) -> None:
        super().__init__(tag, command not in ("purge", "kick", "recall"), OVERHEAD)
        self._command = command
        self._arguments = arguments

    def text(self, now: float) -> bytes:
        return wire.control(self.tag, self._command, self._arguments)

    def answered(self, frame: Frame) -> None:
        self.settle(frame.body if isinstance(frame, Answer) else b"{}")
