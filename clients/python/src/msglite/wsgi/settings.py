"""What the wrapper is told."""

from __future__ import annotations

import os
import re
import ssl
from typing import NamedTuple

from ..address import parse_endpoints
from ..arguments import wire_addresses
from ..link import Settings as LinkSettings


class Settings(NamedTuple):
    """Named as the options of the command are. Times in seconds."""

    #: ``unix:/path`` or ``tcp:host:port``, or several with commas between.
    broker: str = "unix:/tmp/msglite.socket"
    token: str | None = None
    #: Speak TLS to a broker on TCP; implied by each of the next three.
    broker_tls: bool = False
    #: Certificates that the broker's is signed by, in PEM; None: those that the system trusts.
    broker_ca: str | None = None
    #: Our certificate, and its key, in PEM.
    broker_cert: str | None = None
    broker_key: str | None = None
    #: Where requests are taken from; several with commas between.
    http_msg_address: str = "msglite.httpRequests"
    workers: int = os.cpu_count() or 1
    threads: int = 1
    #: Requests after which a worker is replaced; 0: never. Up to a tenth more, by chance.
    max_requests: int = 0
    #: For which a request is ours; extended for as long as the application works.
    lease: float = 30.0
    #: For requests in progress, when workers are told to stop.
    drain_timeout: float = 30.0
    #: For loading the application.
    boot_timeout: float = 60.0
    #: A file for the process id.
    pid: str | None = None


def addresses_of(settings: Settings) -> list[str]:
    """As wire text. Raises ``BadArgument``."""
    return wire_addresses([name for name in re.split(r"[\s,]+", settings.http_msg_address) if name])


def link_settings(settings: Settings) -> LinkSettings:
    """Raises ``BadArgument``, ``OSError``."""
    endpoints = parse_endpoints(settings.broker)
    context: ssl.SSLContext | None = None
    ca, cert, key = settings.broker_ca, settings.broker_cert, settings.broker_key
    if settings.broker_tls or ca or cert or key:
        context = ssl.create_default_context(cafile=ca)
        if cert:
            context.load_cert_chain(cert, key)
    idle = 60.0 if any(endpoint.path is None for endpoint in endpoints) else 0.0
    return LinkSettings(endpoints, settings.token, context, idle=idle)
