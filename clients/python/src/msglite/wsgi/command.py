"""The command ``msglite-wsgi``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import Callable

from .. import __version__
from ..arguments import wire_address
from ..errors import MsgliteError
from .application import Application
from .loading import load
from .master import Master
from .settings import Settings, link_settings

_DEFAULTS = Settings()


def serve(application: Callable[[], Application], settings: Settings = _DEFAULTS) -> int:
    """Answers web requests until SIGTERM or SIGINT; the call for programs that want no command.

    ``application`` is a function that returns the application, called in each worker: what it imports there is new after a SIGHUP.
    Returns the exit code. Raises ``BadArgument``, and ``OSError`` where certificates can't be read.
    """
    link_settings(settings)
    wire_address(settings.address)
    return Master(application, settings).run()


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(process)d %(message)s", stream=sys.stderr
    )
    if options.chdir:
        os.chdir(options.chdir)
    sys.path.insert(0, os.getcwd())
    settings = Settings(
        broker=options.broker,
        token=options.token,
        tls=options.broker_tls,
        broker_ca=options.broker_ca,
        address=options.address,
        workers=options.workers,
        threads=options.threads,
        max_requests=options.max_requests,
        max_requests_jitter=options.max_requests_jitter,
        lease=options.lease,
        graceful_timeout=options.graceful_timeout,
    )
    try:
        return serve(lambda: load(options.application), settings)
    except (MsgliteError, OSError) as error:
        print(f"msglite-wsgi: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    environment = os.environ
    parser = argparse.ArgumentParser(
        prog="msglite-wsgi",
        description="Answers the web requests that a msglite proxy passes on, with a WSGI application. "
        "SIGHUP: load the application anew, without dropping a request. SIGTERM: finish what is in progress, and end.",
    )
    add = parser.add_argument
    add(
        "application",
        help="module:name, or module:name() for a function that makes it; name is application if left out",
    )
    add(
        "--broker",
        default=environ_or(environment, "MSGLITE_BROKER", _DEFAULTS.broker),
        help="unix:/path or tcp:host:port, or several with commas between (default: $MSGLITE_BROKER, or %(default)s)",
    )
    add(
        "--token",
        default=environment.get("MSGLITE_TOKEN"),
        help="for a broker that wants one; better in the environment: $MSGLITE_TOKEN",
    )
    add("--broker-tls", action="store_true", help="the broker on TCP speaks TLS")
    add("--broker-ca", metavar="FILE", help="its certificate is signed by one of these, in PEM; implies --broker-tls")
    add("--address", default=_DEFAULTS.address, help="where requests are taken from (default: %(default)s)")
    add("-w", "--workers", type=_positive, default=1, metavar="N", help="processes (default: 1)")
    add("-t", "--threads", type=_positive, default=1, metavar="N", help="threads in each (default: 1)")
    add(
        "--max-requests",
        type=_whole,
        default=0,
        metavar="N",
        help="replace a worker after so many requests (default: 0, never)",
    )
    add(
        "--max-requests-jitter",
        type=_whole,
        default=0,
        metavar="N",
        help="and up to so many more, by chance (default: 0)",
    )
    add(
        "--lease",
        type=_seconds,
        default=_DEFAULTS.lease,
        metavar="SECONDS",
        help="for which a request is a worker's; extended while the application works (default: 30)",
    )
    add(
        "--graceful-timeout",
        type=_seconds,
        default=_DEFAULTS.graceful_timeout,
        metavar="SECONDS",
        help="for requests in progress when a worker is to stop; then it is killed (default: 30)",
    )
    add("--chdir", metavar="FOLDER", help="go there first; modules are looked for there (default: the current one)")
    add(
        "--log-level",
        default="info",
        choices=["debug", "info", "warning", "error"],
        help="what is told on stderr (default: %(default)s)",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def environ_or(environment: os._Environ[str], name: str, default: str) -> str:
    return environment.get(name) or default


def _positive(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"a whole number, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"seconds, more than 0, not {text!r}")
    return value
