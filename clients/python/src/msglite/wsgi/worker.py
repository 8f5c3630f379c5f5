"""A process that answers requests: the application in it, and one connection to the broker for all of its threads."""

from __future__ import annotations

import logging
import math
import os
import random
import signal
import threading
import time
from typing import Any, Callable

from .. import __version__
from ..asks import FlushAsk
from ..errors import MsgliteError
from ..link import Link
from ..receives import Delivery
from .application import Application
from .request import Requests
from .settings import Settings, addresses_of, link_settings
from .turn import Turn

log = logging.getLogger("msglite.wsgi")

#: Seconds for the broker to say at the end that it has carried out everything.
_FAREWELL = 5.0


class Worker:
    """Takes a request only when one of its threads is free."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._settings = settings
        self._link = Link(link_settings(settings))
        software = f"msglite/{__version__}"
        self._requests = Requests(self._link, application, software, settings.threads > 1)
        self._addresses = addresses_of(settings)
        self._turns: list[Turn] = []
        self._stopping = False
        most = settings.max_requests
        self._left: float = most + random.randint(0, most // 10) if most else math.inf

    def run(self, ready: Callable[[], None]) -> None:
        """Until ``stop``, or after so many requests. ``ready`` is called when there is a broker."""
        try:
            self._link.start(True)
        except MsgliteError:
            if self._stopping:
                return
            raise
        ready()
        others = [threading.Thread(target=self._loop, name=f"msglite-{n}") for n in range(1, self._settings.threads)]
        for thread in others:
            thread.start()
        try:
            self._loop()
        finally:
            self.stop()
            for thread in others:
                thread.join()
            self._leave()

    def stop(self) -> None:
        """Takes no more. Not in a signal's handler: it may have come in the middle of anything."""
        with self._link.lock:
            self._stopping = True
            if not self._link.was_up:
                # There is nothing to finish.
                self._link.close()
            for turn in self._turns:
                turn.stop()

    def stop_on(self, *numbers: int) -> None:
        """Signals that do that."""

        def stop(number: int, frame: Any) -> None:
            threading.Thread(target=self.stop, name="msglite-stop", daemon=True).start()

        for number in numbers:
            signal.signal(number, stop)

    def stop_when_closed(self, pipe: int) -> None:
        """Does that when the other end of the pipe is closed."""

        def look() -> None:
            os.read(pipe, 1)
            self.stop()

        threading.Thread(target=look, name="msglite-life", daemon=True).start()

    def _loop(self) -> None:
        turn = Turn(self._link, self._addresses, self._settings.lease)
        self._turns.append(turn)
        try:
            while True:
                delivery = self._take(turn)
                if delivery is None:
                    return
                self._requests.answer(delivery)
        except MsgliteError as error:
            if self._link.state != "closed":
                log.error("no more requests are taken: %s", error)

    def _take(self, turn: Turn) -> Delivery | None:
        """None: it was stopped."""
        with self._link.lock:
            if self._stopping or self._left <= 0:
                return None
            self._left -= 1
            return turn.take()

    def _leave(self) -> None:
        """What was said is carried out. With the receipts of the last answers there is more to be said."""
        link = self._link
        with link.lock:
            deadline = time.monotonic() + _FAREWELL
            for _ in range(2):
                flush = FlushAsk("")
                link.ask(flush)
                if not link.wait(flush, deadline):
                    log.warning("the broker did not say in time that it has all answers")
                    break
            link.close()
