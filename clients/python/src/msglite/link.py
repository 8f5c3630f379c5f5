"""One connection to a broker, made again whenever it is lost, shared by all threads of a program."""

from __future__ import annotations

import logging
import math
import ssl
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from . import wire
from .address import Endpoint
from .asks import Ask, FlushAsk, Waiter
from .backoff import Backoff
from .connection import HELLO, Connection, Welcome, dial, strange
from .decoder import Answer, Delivered, Done, Frame, Over, Refusal, Strange
from .errors import MsgliteError, Unreachable, closed, error_of
from .held import Held
from .receives import Delivery, Receive, ReceiveListener
from .standing import Standing

log = logging.getLogger("msglite")

#: Unanswered asks at most: a quarter of the tags that the broker allows.
WINDOW = 16_384
#: Seconds a connection must have lasted, for the pauses between attempts to be short again after it.
_LASTING = 5.0
#: Seconds between two looks at a connection on which leases are held and which nobody reads.
_LOOK = 1.0

_LOST = "the connection was lost, and whether the broker had carried it out is unknown"


class Settings(NamedTuple):
    """What a link is made from. Times in seconds."""

    endpoints: list[Endpoint]
    token: str | None = None
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    #: Pauses between attempts to connect: bound of the first, of the longest, and the part of each that chance decides.
    reconnect: tuple[float, float, float] = (0.05, 5.0, 1.0)
    #: Silence after which the broker is taken for dead; 0: never.
    idle: float = 0.0
    #: Messages and bytes that wait for a connection at most.
    buffer: tuple[int, int] = (100_000, 64 * 1024 * 1024)


class Link:
    """Who waits for something reads for all: one of the waiting threads leads, that is, it polls the connection and tells the others
    what came for them; when it has what it wanted, the next one leads. So a program of one thread never switches threads. The
    keeper, a thread of ours, makes connections again, extends leases, and reads where nobody else does.

    Everything is called with ``lock`` held, unless it says otherwise. ::

        down -> up -> down ..
        any -> closed
    """

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.Lock()
        self.state = "down"
        self.welcome = Welcome("off", 1 << 30)
        self._settings = settings
        self._backoff = Backoff(*settings.reconnect)
        self._connection: Connection | None = None
        self._leading = False
        self._followers: list[Waiter] = []
        self._pending: dict[str, Ask] = {}
        self._waiting_bytes = 0
        self._standing = Standing(self._new_tag, self._write)
        self._held = Held(self._write, self._flush_later)
        self.end = self._held.end
        self._tags = 0
        self._index = 0
        self._up_since = 0.0
        self._first = Waiter()
        self._keeper = threading.Condition(self.lock)
        #: When the keeper looks again by itself.
        self._looks_at = 0.0
        self._rested = False

    # Life

    def start(self, wait: bool) -> None:
        """Connects. Called without the lock. ``wait``: goes on until there is a broker. Raises ``MsgliteError``."""
        try:
            self._begin(self._dial_any())
        except MsgliteError as error:
            if not wait:
                raise
            log.warning("%s; it is waited for", error)
        threading.Thread(target=self._keep, name="msglite", daemon=True).start()
        with self.lock:
            self.wait(self._first)
            if self._first.error is not None:
                raise self._first.error

    def close(self) -> None:
        """Gives up what is not answered, and says goodbye."""
        if self.state == "closed":
            return
        self.state = "closed"
        self._standing.fail(closed())
        for ask in list(self._pending.values()):
            ask.fail(closed())
        self._pending.clear()
        self._held.clear()
        self._first.fail(closed())
        if self._connection is not None:
            self._connection.write(wire.GOODBYE)
            try:
                self._connection.flush()
            except OSError as error:
                log.debug("no goodbye: %s", error)
            self._connection.close()
            self._connection = None
        self._keeper.notify()
        for waiter in self._followers:
            waiter.fail(closed())

    # What is asked

    def ask(self, ask: Ask) -> None:
        """It is settled once it is answered, or refused. Said with the next ``flush``, or when somebody waits."""
        if self.state == "closed":
            ask.fail(closed())
            return
        if self._connection is None:
            messages, most_bytes = self._settings.buffer
            if len(self._pending) >= messages or self._waiting_bytes + ask.cost > most_bytes:
                ask.fail(error_of("full", "as much waits for the broker as the client buffers"))
                return
            self._waiting_bytes += ask.cost
        if not ask.tag:
            ask.tag = self._new_tag()
        self._pending[ask.tag] = ask
        self._say(ask)

    def expire(self, ask: Ask) -> None:
        """Its time ran out, and nobody waits for it any more."""
        self._pending.pop(ask.tag, None)
        tried = "; whether a broker had taken it is unknown" if ask.tried else " before a broker took it"
        ask.fail(error_of("expired", f"its time ran out{tried}"))

    def make_room(self) -> None:
        """Waits until more may be asked."""
        while len(self._pending) >= WINDOW and self._connection is not None:
            self.wait(next(iter(self._pending.values())))

    def receive(
        self, addresses: Sequence[str], timeout: float, count: float, lease: float, listener: ReceiveListener
    ) -> Receive:
        """Said like an ask."""
        receive = Receive(addresses, timeout, count, lease, listener)
        if self.state == "closed":
            receive.state = "over"
            listener.refused(receive, closed())
        else:
            self._standing.add(receive, self._connection is not None)
        return receive

    def again(self, receive: Receive) -> None:
        """The same once more, when it is over. It is for ever, and for one message."""
        if self.state == "closed":
            receive.listener.refused(receive, closed())
        else:
            self._standing.again(receive, self._connection is not None)

    def withdraw(self, receive: Receive) -> None:
        """What is on its way still comes. Then its listener hears that it was withdrawn."""
        self._standing.withdraw(receive, self._connection is not None)

    def forget(self, receive: Receive) -> None:
        """Its time ran out while there was no broker to say so."""
        self._standing.forget(receive)

    @property
    def was_up(self) -> bool:
        """Whether there ever was a broker."""
        return self._first.settled

    @property
    def is_busy(self) -> bool:
        """Whether something was said of which it is not known that the broker has carried it out."""
        return bool(self._pending) or self._held.unconfirmed

    def finish(self, delivery: Delivery, how: str, delay: float = 0.0) -> None:
        """``done``, or ``back``. Said again after a lost connection, until the broker has confirmed it; ``end`` is the same, said once."""
        self._held.finish(delivery, how, delay)
        self._need_keeper(time.monotonic() + _LOOK)

    def keep(self, delivery: Delivery, lease: float) -> None:
        """The lease ends so many seconds from now."""
        self._held.keep(delivery, lease)

    def extend(self, delivery: Delivery) -> None:
        """Keeps it for as long as it is ours. To be called as it is delivered."""
        delivery.due = time.monotonic() + delivery.lease / 3

    def flush(self) -> None:
        """What was said leaves."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.flush()
        except OSError as error:
            self._lost(error)

    # Who waits

    def wait(self, waiter: Waiter, deadline: float | None = None) -> bool:
        """False: it is not settled by then or, while there is no connection, by its own ``due``."""
        try:
            while not waiter.settled:
                until = deadline
                if self._connection is None and waiter.due is not None:
                    until = waiter.due if until is None else min(until, waiter.due)
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return False
                if self._leading or self._connection is None:
                    self._follow(waiter, left)
                else:
                    self._lead(left)
            return True
        finally:
            self._pass_on()

    def _follow(self, waiter: Waiter, left: float | None) -> None:
        self.flush()
        if waiter.settled:
            return
        if waiter.condition is None:
            waiter.condition = threading.Condition(self.lock)
        self._followers.append(waiter)
        try:
            waiter.condition.wait(left)
        finally:
            self._followers.remove(waiter)

    def _lead(self, left: float | None) -> None:
        self.flush()
        connection = self._connection
        if connection is None:
            return
        self._leading = True
        self.lock.release()
        failure: OSError | None = None
        try:
            if left is None and connection.can_wait:
                ready = True
                connection.wait()
            else:
                ready = connection.poll(left)
        except OSError as error:
            failure = error
        finally:
            self.lock.acquire()
            self._leading = False
        if failure is not None:
            if connection is self._connection:
                self._lost(failure)
            return
        if ready and connection is self._connection:
            self._read(connection)

    def _pass_on(self) -> None:
        if self._leading or self._connection is None:
            return
        for follower in self._followers:
            if not follower.settled and follower.condition is not None:
                follower.condition.notify()
                return

    # What comes

    def _read(self, connection: Connection) -> None:
        try:
            connection.read()
            while (frame := connection.next()) is not None:
                self._take(frame)
                if connection is not self._connection:
                    return
        except (OSError, MsgliteError) as error:
            self._lost(error)

    def _take(self, frame: Frame) -> None:
        kind = type(frame)
        if kind is Delivered:
            delivery = self._standing.message(frame)
            if delivery is not None:
                if delivery.name is not None:
                    self._held.add(delivery.name, delivery)
                delivery.listener.deliver(delivery, self._standing.last)
                if delivery.name is not None:
                    self._need_keeper(min(time.monotonic() + _LOOK, delivery.due))
                return
        elif kind is Done or kind is Answer:
            ask = self._pending.pop(frame.tag, None)
            if ask is not None:
                ask.answered(frame)
                return
            if frame.tag == HELLO:
                return
        elif isinstance(frame, Refusal):
            if self._refused(frame):
                return
        elif isinstance(frame, Over):
            if self._standing.over(frame.tag):
                return
        elif isinstance(frame, Strange):
            raise strange(frame)
        raise MsgliteError("protocol", "an answer came that nobody had asked for")

    def _refused(self, refusal: Refusal) -> bool:
        tag, code, text = refusal
        if tag.startswith("@"):
            self._held.refused(tag)
            return True
        if tag in ("", HELLO):
            raise error_of(code, f"the broker refused: {text}")
        ask = self._pending.get(tag)
        if ask is None:
            return self._standing.refused(tag, error_of(code, text))
        if code == "journal-failed" and ask.repeatable:
            # The broker is about to stop. The next connection will tell.
            return True
        if ask.refused(code, text):
            self._say(ask)
        else:
            del self._pending[tag]
        return True

    # Connections

    def _dial_any(self) -> Connection:
        """The next address at once, until all have failed. Called without the lock."""
        settings = self._settings
        for _ in settings.endpoints:
            endpoint = settings.endpoints[self._index]
            try:
                return dial(endpoint, settings.tls, settings.connect_timeout, settings.token, settings.idle)
            except (OSError, MsgliteError) as error:
                failure = error
                self._index = (self._index + 1) % len(settings.endpoints)
        if isinstance(failure, MsgliteError) and not isinstance(failure, Unreachable):
            raise failure
        raise Unreachable("unreachable", f"no broker at {endpoint}: {failure}") from failure

    def _begin(self, connection: Connection) -> None:
        """Called without the lock."""
        with self.lock:
            if self.state == "closed":
                connection.close()
                return
            self._connection = connection
            self._waiting_bytes = 0
            self.state = "up"
            self.welcome = connection.welcome
            self._up_since = time.monotonic()
            # First what has the least time.
            self._held.connected()
            self._standing.connected()
            for ask in list(self._pending.values()):
                self._say(ask)
            self.flush()
            self._first.settle()
            self._pass_on()

    def _lost(self, reason: OSError | MsgliteError) -> None:
        connection = self._connection
        if connection is None:
            return
        log.warning("the connection to the broker was lost: %s", reason)
        connection.close()
        self._connection = None
        self.state = "down"
        if time.monotonic() - self._up_since >= _LASTING:
            self._backoff.reset()
        self._held.lost()
        self._standing.lost()
        for ask in list(self._pending.values()):
            if ask.written and not ask.repeatable:
                del self._pending[ask.tag]
                ask.fail(error_of("connection-lost", _LOST))
            else:
                ask.written = False
                self._waiting_bytes += ask.cost
        # Who waits has another deadline now.
        for follower in self._followers:
            if follower.condition is not None:
                follower.condition.notify()
        self._keeper.notify()

    # The keeper

    def _keep(self) -> None:
        while True:
            with self.lock:
                while self._connection is not None:
                    self._look_after(self._connection)
                if self.state == "closed":
                    return
                self._keeper.wait(self._backoff.next())
                if self.state == "closed":
                    return
            try:
                self._begin(self._dial_any())
                log.info("there is a broker")
            except MsgliteError as error:
                log.info("%s", error)

    def _look_after(self, connection: Connection) -> None:
        pause = self._tend(connection)
        if connection is not self._connection:
            return
        if pause is not None and self._rested and not self._leading and not self._followers:
            self._lead(pause)
            self._pass_on()
            return
        self._looks_at = math.inf if pause is None else time.monotonic() + pause
        # Only where nobody has read for a while: to read for those who come back at once would cost them switches of threads.
        self._rested = not self._keeper.wait(pause)
        self._looks_at = 0.0

    def _tend(self, connection: Connection) -> float | None:
        """Does what is due. Returns the seconds until there is more to do, None where that depends on others."""
        now = time.monotonic()
        pause = self._held.tend(now)
        if pause is not None:
            pause = min(_LOOK, max(0.02, pause))
        idle = self._settings.idle
        if idle > 0:
            if now - connection.heard_at > idle + 1:
                self._lost(OSError(f"nothing was heard for {idle:g} seconds"))
                return None
            if now - max(connection.heard_at, connection.greeted_at) >= idle / 3:
                connection.greeted_at = now
                connection.write(wire.hello(HELLO, self._settings.token, idle))
            pause = min(idle / 3, pause or idle)
        self.flush()
        return pause

    def _need_keeper(self, by: float) -> None:
        if by < self._looks_at:
            self._looks_at = by
            self._keeper.notify()

    # Parts

    def _say(self, ask: Ask) -> None:
        connection = self._connection
        if connection is None:
            return
        now = time.monotonic()
        if not ask.written and ask.due is not None and ask.due <= now:
            self.expire(ask)
            return
        ask.written = True
        connection.write(ask.text(now))
        ask.tried = True

    def _write(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.write(data)

    def _flush_later(self, ask: FlushAsk) -> None:
        self.ask(ask)

    def _new_tag(self) -> str:
        self._tags += 1
        return f"{self._tags:x}"
