"""Lets a function work on the messages of an address."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from .arguments import Body
from .errors import MsgliteError
from .message import LeasedMessage
from .receiving import Receiving

if TYPE_CHECKING:
    from .client import Client

log = logging.getLogger("msglite")

#: What it returns is sent to where the sender awaits an answer; None: nothing is.
Handler = Callable[[LeasedMessage], Optional[Body]]
#: Seconds, perhaps for each attempt, before a message on which the handler failed comes again.
RetryDelay = Union[float, Callable[[int, BaseException], float]]

_LONGEST_DELAY = 60.0


def retry_delay_of(given: RetryDelay | None) -> Callable[[int, BaseException], float]:
    """A function, whatever was given. 1, 2, 4, … 60 seconds if nothing was."""
    if given is None:
        return lambda attempt, error: min(_LONGEST_DELAY, float(2 ** (attempt - 1)))
    if callable(given):
        return given
    delay = float(given)
    return lambda attempt, error: delay


class Serving:
    """The loop of ``Client.serve``."""

    def __init__(
        self,
        client: Client,
        receiving: Receiving,
        handler: Handler,
        retry_delay: Callable[[int, BaseException], float],
        timeout: float,
    ) -> None:
        self._client = client
        self._receiving = receiving
        self._handler = handler
        self._retry_delay = retry_delay
        self._timeout = timeout
        self._failures: list[BaseException] = []

    def run(self, threads: int, signals: bool) -> None:
        """Until it is stopped. The first of the threads is the caller's."""
        others = [threading.Thread(target=self._loop, name=f"msglite-{n}", daemon=True) for n in range(1, threads)]
        for thread in others:
            thread.start()
        before = self._catch() if signals and threading.current_thread() is threading.main_thread() else None
        try:
            self._loop()
        finally:
            # Not with an exception of ours alone: KeyboardInterrupt ends all of them.
            self._receiving.stop()
            for thread in others:
                thread.join()
            if before is not None:
                signal.signal(signal.SIGTERM, before)
        if self._failures:
            raise self._failures[0]

    def _catch(self) -> Any:
        def stop(number: int, frame: object) -> None:
            # It may come while this very thread holds the lock.
            threading.Thread(target=self._receiving.stop, name="msglite-stop", daemon=True).start()

        return signal.signal(signal.SIGTERM, stop) or signal.SIG_DFL

    def _loop(self) -> None:
        try:
            for message in self._receiving:
                self._work(message)
        except MsgliteError as error:
            self._failures.append(error)

    def _work(self, message: LeasedMessage) -> None:
        try:
            result = self._handler(message)
            if not message.is_ours:
                return
            # The reply must be the broker's before the message is finished: otherwise its sender might wait in vain.
            if result is not None and message.reply_to is not None:
                message.reply(result, timeout=self._timeout)
            if message.is_ours:
                message.done()
        except Exception as error:
            log.exception("a handler failed on %r", message)
            self._give_back(message, error)
        except BaseException:
            if message.is_ours:
                message.give_back()
            raise

    def _give_back(self, message: LeasedMessage, error: Exception) -> None:
        if not message.is_ours:
            return
        try:
            message.give_back(max(0.0, self._retry_delay(message.attempt, error)))
        except MsgliteError as late:
            log.warning("%s", late)
