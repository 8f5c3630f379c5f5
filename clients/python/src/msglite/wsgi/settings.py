"""What the wrapper is told."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from ..address import parse_endpoints
from ..link import Settings as LinkSettings


class Settings(NamedTuple):
    """Times in seconds."""

    #: ``unix:/path`` or ``tcp:host:port``, or several with commas between.
    broker: str = "unix:/tmp/msglite.socket"
    token: str | None = None
    #: Speak TLS to a broker on TCP.
    tls: bool = False
    #: Certificates that the broker's is signed by, in PEM; None: those that the system trusts.
    broker_ca: str | None = None
    #: Where requests are taken from.
    address: str = "msglite.httpRequests"
    workers: int = 1
    threads: int = 1
    #: Requests after which a worker is replaced; 0: never. Up to so many more, by chance.
    max_requests: int = 0
    max_requests_jitter: int = 0
    #: For which a request is ours; extended for as long as the application works.
    lease: float = 30.0
    #: For requests in progress, when workers are told to stop.
    graceful_timeout: float = 30.0


def link_settings(settings: Settings) -> LinkSettings:
    """Raises ``BadArgument``, ``OSError``."""
    endpoints = parse_endpoints(settings.broker)
    context: ssl.SSLContext | None = None
    if settings.tls or settings.broker_ca is not None:
        context = ssl.create_default_context(cafile=settings.broker_ca)
    idle = 60.0 if any(endpoint.path is None for endpoint in endpoints) else 0.0
    return LinkSettings(endpoints, settings.token, context, idle=idle)
