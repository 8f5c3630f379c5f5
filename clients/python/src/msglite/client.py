"""A broker's client."""

from __future__ import annotations

import math
import secrets
import ssl
import time
from collections.abc import Sequence

from . import wire
from .address import parse_endpoints
from .arguments import (
    Body,
    checked_count,
    checked_seconds,
    wire_address,
    wire_addresses,
    wire_body,
    wire_id,
)
from .asks import ControlAsk, FlushAsk, Receipt, SendAsk
from .control import Control
from .errors import ConnectionLost, bad, closed
from .link import Link, Settings
from .mailbox import Mailbox
from .message import Message
from .ready import Ready
from .receiving import Receiving
from .serving import Handler, RetryDelay, Serving, retry_delay_of

#: Seconds, where a call gives none.
TIMEOUT = 60.0
LEASE = 30.0
#: Seconds we wait at the end for the broker to say that it has carried out everything.
_FAREWELL = 5.0


def connect(
    address: str | Sequence[str] = "unix:/tmp/msglite.socket",
    *,
    token: str | None = None,
    tls: bool | ssl.SSLContext = False,
    name: str = "",
    wait: bool = False,
    connect_timeout: float = 10.0,
    reconnect: tuple[float, float, float] = (0.05, 5.0, 1.0),
    max_buffered: tuple[int, int] = (100_000, 64 * 1024 * 1024),
    idle: float | None = None,
    ids: bool = True,
) -> Client:
    """Connects to a broker.

    :param address: ``unix:/path`` or ``tcp:host:port``; several, in a list or with commas between, are tried in turn
    :param token: for brokers that require one
    :param tls: for brokers that speak TLS on TCP; True: with the certificates that the system trusts
    :param name: begins the ids that the client gives to messages
    :param wait: whether the first connection is waited for, instead of failing at once
    :param connect_timeout: seconds for one attempt, with the answer to our hello
    :param reconnect: pauses between attempts, in seconds: bound of the first, which doubles; bound of the longest; the part of each
        that chance decides, 0 to 1
    :param max_buffered: messages and bytes that wait while there is no connection; more is refused (``full``)
    :param idle: seconds of silence after which the broker is taken for dead; 0: never. If not given, 60 where an address is TCP, and
        never otherwise
    :param ids: whether sends without an id of their own get one. Without, a send that had no receipt when the connection was lost
        raises ``ConnectionLost``

    Raises ``MsgliteError``: ``unreachable``, ``unauthorized``, ``bad-argument``, ``protocol``.
    """
    endpoints = parse_endpoints(address)
    if token is not None and (not token or not token.isascii() or any(c <= " " or c in "=\x7f" for c in token)):
        raise bad('a token is one word without "="')
    if idle is None:
        idle = 60.0 if any(endpoint.path is None for endpoint in endpoints) else 0.0
    settings = Settings(
        endpoints,
        token,
        (ssl.create_default_context() if tls is True else tls) or None,
        checked_seconds("connect_timeout", connect_timeout, 0.001),
        reconnect,
        checked_seconds("idle", idle),
        max_buffered,
    )
    link = Link(settings)
    prefix = f"{wire_id(name)}-" if name else ""
    client = Client(link, f"{prefix}{secrets.token_urlsafe(12)}-" if ids else None)
    link.start(wait)
    return client


class Client:
    """A broker's client, on one connection. Any number of threads may share it; a process that forks makes one on each side.

    When the connection is lost it makes another one, and goes on: what had no receipt is sent again, under its id; what waits for
    messages and answers waits again; leases are claimed. As a context manager it is closed at the end.
    """

    def __init__(self, link: Link, prefix: str | None) -> None:
        """Use ``connect``."""
        #: To inspect and control the broker.
        self.control = Control(self)
        self._link = link
        self._prefix = prefix
        self._names = 0
        self._mailbox = Mailbox(link)
        self._receivings: set[Receiving] = set()
        self._closed = False

    def send(
        self,
        to: str,
        body: Body = b"",
        *,
        timeout: float = TIMEOUT,
        reply_to: str | None = None,
        id: str | None = None,
        delay: float = 0.0,
        attempts: int = wire.STANDARD_ATTEMPTS,
        once: bool = False,
        dead: str | None = None,
        receipt: str = "taken",
    ) -> Receipt:
        """Sends a message, and returns with the broker's receipt: whatever happens now, the message is handed over or expires.

        :param body: text is sent as UTF-8
        :param timeout: seconds in which it has to be received
        :param reply_to: where answers are awaited
        :param id: your own unique name for the message, 1 to 128 bytes: the same again, to the same address, is not queued again
        :param delay: seconds, less than the timeout, before it is handed over
        :param attempts: leased deliveries it may have in all
        :param once: once somebody has sent to its reply address, it is not delivered again
        :param dead: where it goes when it is dead; empty: nowhere. ``dead:`` and its address if not given
        :param receipt: ``done``: the receipt comes when the message is finished

        Raises ``MsgliteError`` with the broker's code (``full``, ``id-conflict``, …), ``expired``, ``closed``, ``bad-argument``.
        """
        options = (timeout, reply_to, id, delay, attempts, once, dead, receipt)
        return self._receipt(self._begin(to, body, *options))

    def begin_send(
        self,
        to: str,
        body: Body = b"",
        *,
        timeout: float = TIMEOUT,
        reply_to: str | None = None,
        id: str | None = None,
        delay: float = 0.0,
        attempts: int = wire.STANDARD_ATTEMPTS,
        once: bool = False,
        dead: str | None = None,
        receipt: str = "taken",
    ) -> Sending:
        """The same, but does not wait: many sends may be on their way at once. Raises ``BadArgument``."""
        options = (timeout, reply_to, id, delay, attempts, once, dead, receipt)
        return Sending(self, self._begin(to, body, *options))

    def ready(self, addresses: str | Sequence[str], *, timeout: float = TIMEOUT) -> Message | None:
        """Waits for a message to one of up to 8 addresses. None: the time ran out. It has no lease: it is finished, and lost if the
        connection breaks while it is on its way. Raises ``MsgliteError``."""
        names = wire_addresses(addresses)
        checked_seconds("a timeout", timeout)
        with self._link.lock:
            ready = Ready(self._link, names, timeout)
            delivery = ready.result()
        return None if delivery is None else Message(delivery, self)

    def query(
        self,
        to: str,
        body: Body = b"",
        *,
        timeout: float = TIMEOUT,
        id: str | None = None,
        delay: float = 0.0,
        attempts: int = wire.STANDARD_ATTEMPTS,
        once: bool = False,
        dead: str | None = None,
    ) -> Message | None:
        """Sends a message and waits for one answer to it. None: the time ran out. Raises as ``send``."""
        with self._link.lock:
            checked_seconds("a timeout", timeout)
            self._throw_if_closed()
            reply_to, query = self._mailbox.open(timeout)
            try:

                def sent(ask: SendAsk) -> None:
                    if ask.error is not None:
                        query.fail(ask.error)

                options = self._options(id, delay, attempts, once, dead, "taken")
                auto = id is None and self._prefix is not None
                ask = SendAsk("", wire_address(to), reply_to, wire_body(body), timeout, options, auto, False, sent)
                self._link.ask(ask)
                if not self._link.wait(query, query.due):
                    return None
                if query.error is not None:
                    if query.error.code == "expired":
                        return None
                    raise query.error
                return Message(query.value, self)
            finally:
                self._mailbox.close(reply_to)

    def receive(
        self,
        addresses: str | Sequence[str],
        *,
        lease: float = LEASE,
        concurrency: int = 1,
        count: int | None = None,
        timeout: float | None = None,
    ) -> Receiving:
        """Messages under a lease, to be iterated over.

        :param lease: seconds for which each message is ours, unless it is kept for longer
        :param concurrency: messages that are ours at a time: one that is done, given back or lost makes place for the next
        :param count: messages in all; no end if not given
        :param timeout: seconds for the whole; no end if not given. With 0 it takes what is there
        """
        return self._receive(addresses, lease, concurrency, count, timeout, False)

    def serve(
        self,
        addresses: str | Sequence[str],
        handler: Handler,
        *,
        concurrency: int = 1,
        lease: float = LEASE,
        retry_delay: RetryDelay | None = None,
        timeout: float = TIMEOUT,
        signals: bool = True,
    ) -> None:
        """Lets ``handler`` work on messages, in so many threads, the caller's among them. What it returns is sent to where the sender
        awaits an answer, and the message is done; if it fails, the message is given back, and the traceback is logged. The lease is
        extended for as long as it works.

        Returns when no more is taken and no handler works: after ``drain`` or SIGTERM (unless ``signals`` is False, or this is not
        the main thread).

        :param retry_delay: seconds before a message on which the handler failed comes again, perhaps as a function of its attempt and
            the exception. If not given 1, 2, 4, … 60 at most
        :param timeout: of replies, in seconds

        Raises ``MsgliteError``: ``closed``, or with the code of a refusal.
        """
        receiving = self._receive(addresses, lease, concurrency, None, None, True)
        checked_seconds("a timeout", timeout)
        Serving(self, receiving, handler, retry_delay_of(retry_delay), timeout).run(concurrency, signals)

    def flush(self, *, timeout: float | None = None) -> None:
        """Returns when all that was said before is carried out and, with a journal, on disk: sends, and messages that are done. Raises
        ``MsgliteError``; ``ConnectionLost`` if that can't be told in time."""
        with self._link.lock:
            ask = FlushAsk("")
            self._link.ask(ask)
            deadline = None if timeout is None else time.monotonic() + timeout
            if not self._link.wait(ask, deadline):
                raise ConnectionLost("connection-lost", "the broker did not answer in time")
            if ask.error is not None:
                raise ask.error

    def drain(self) -> None:
        """Takes no more messages: ``serve`` and ``receive`` end with those they have. From any thread."""
        for receiving in list(self._receivings):
            receiving.stop()

    def close(self) -> None:
        """Ends the connection. What waits raises ``closed``; messages that are not done go back. Returns when the broker has carried
        out all that was said and, if it has a journal, has it on disk. Raises ``ConnectionLost`` if that can't be told."""
        if self._closed:
            return
        self._closed = True
        try:
            for receiving in list(self._receivings):
                receiving.close()
            if self._link.state == "up" or self._link.is_busy:
                self.flush(timeout=_FAREWELL)
        finally:
            with self._link.lock:
                self._link.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Parts

    def _receive(
        self,
        addresses: str | Sequence[str],
        lease: float,
        concurrency: int,
        count: int | None,
        timeout: float | None,
        extended: bool,
    ) -> Receiving:
        receiving = Receiving(
            self,
            self._link,
            wire_addresses(addresses),
            checked_seconds("a lease", lease, 0.001),
            checked_count("concurrency", concurrency),
            math.inf if count is None else checked_count("count", count),
            math.inf if timeout is None else checked_seconds("a timeout", timeout),
            extended,
        )
        self._throw_if_closed()
        self._receivings = {one for one in self._receivings if not one.is_over}
        self._receivings.add(receiving)
        return receiving

    def _begin(
        self,
        to: str,
        body: Body,
        timeout: float,
        reply_to: str | None,
        id: str | None,
        delay: float,
        attempts: int,
        once: bool,
        dead: str | None,
        receipt: str,
    ) -> SendAsk:
        reply = None if reply_to is None else wire_address(reply_to)
        checked_seconds("a timeout", timeout)
        with self._link.lock:
            self._throw_if_closed()
            self._link.make_room()
            options = self._options(id, delay, attempts, once, dead, receipt)
            auto = id is None and self._prefix is not None
            ask = SendAsk("", wire_address(to), reply, wire_body(body), timeout, options, auto)
            self._link.ask(ask)
            self._link.flush()
            return ask

    def _options(
        self, id: str | None, delay: float, attempts: int, once: bool, dead: str | None, receipt: str
    ) -> wire.Options:
        if receipt not in ("taken", "done"):
            raise bad(f"a receipt comes when a message is taken or done, not {receipt!r}")
        if id is not None:
            id = wire_id(id)
        elif self._prefix is not None:
            id = f"{self._prefix}{self._names:x}"
            self._names += 1
        where = dead if not dead else wire_address(dead)
        return wire.Options(
            id, checked_seconds("a delay", delay), checked_count("attempts", attempts), once, where, receipt
        )

    def _receipt(self, ask: SendAsk, deadline: float | None = None) -> Receipt:
        with self._link.lock:
            if not self._link.wait(ask, deadline):
                if deadline is not None and time.monotonic() >= deadline:
                    raise TimeoutError("there is no receipt yet")
                self._link.expire(ask)
        if ask.error is not None:
            raise ask.error
        assert isinstance(ask.value, Receipt)
        return ask.value

    def _control(self, command: str, arguments: Sequence[str]) -> bytes:
        with self._link.lock:
            self._throw_if_closed()
            ask = ControlAsk("", command, arguments)
            self._link.ask(ask)
            self._link.wait(ask)
        if ask.error is not None:
            raise ask.error
        assert isinstance(ask.value, bytes)
        return ask.value

    def _throw_if_closed(self) -> None:
        if self._closed:
            raise closed()


class Sending:
    """A send that is on its way."""

    def __init__(self, client: Client, ask: SendAsk) -> None:
        self._client = client
        self._ask = ask

    @property
    def is_settled(self) -> bool:
        """Whether ``receipt`` returns, or raises, at once."""
        return self._ask.settled

    def receipt(self, timeout: float | None = None) -> Receipt:
        """Waits for it. Raises as ``Client.send``, and ``TimeoutError`` if there is none in so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        return self._client._receipt(self._ask, deadline)
