"""The command ``msglite-wsgi``."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable, NoReturn

from .. import __version__
from ..errors import MsgliteError
from .application import Application
from .loading import load
from .master import NOTICE, Master
from .settings import Settings, addresses_of, link_settings

_DEFAULTS = Settings()
#: What each lets through: minimal has start, stop and trouble.
_LEVELS = {"minimal": NOTICE, "info": logging.INFO, "debug": logging.DEBUG}


def serve(application: Callable[[], Application], settings: Settings = _DEFAULTS) -> int:
    """Answers web requests until SIGTERM or SIGINT; the call for programs that want no command.

    ``application`` is a function that returns the application, called in each worker: what it imports there is new after a SIGHUP.
    Returns the exit code. Raises ``BadArgument``, and ``OSError`` where certificates can't be read.
    """
    link_settings(settings)
    addresses_of(settings)
    return Master(application, settings).run()


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = vars(_parser().parse_args(sys.argv[1:] if arguments is None else arguments))
    application, chdir, level = (options.pop(name) for name in ("application", "chdir", "loglevel"))
    logging.addLevelName(NOTICE, "NOTICE")
    logging.basicConfig(
        level=_LEVELS[level], format="%(asctime)s %(levelname)s %(process)d %(message)s", stream=sys.stderr
    )
    if chdir:
        os.chdir(chdir)
    sys.path.insert(0, os.getcwd())
    try:
        return serve(lambda: load(application), Settings(**options))
    except (MsgliteError, OSError) as error:
        print(f"msglite-wsgi: {error}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """One that takes no option for another, and names the nearest to one that there is not."""

    def parse_args(self, args: Sequence[str], namespace: Any = None) -> Any:  # type: ignore[override]
        for argument in args:
            if argument == "--":
                break
            name = argument.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                self._unknown(name)
        return super().parse_args(args, namespace)

    def _unknown(self, name: str) -> NoReturn:
        nearest = difflib.get_close_matches(name, self._option_string_actions, 1)
        self.error(f"there is no {name}" + (f" (did you mean {nearest[0]}?)" if nearest else ""))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="msglite-wsgi",
        allow_abbrev=False,
        description="Answers the web requests that a msglite proxy passes on, with a WSGI application. "
        "SIGHUP: load the application anew, without dropping a request. SIGTERM: finish what is in progress, and end.",
    )
    parser.add_argument(
        "application",
        help="module:name, or module:name() for a function that makes it; name is application if left out",
    )
    _add_broker(parser)
    _add_workers(parser)
    add = parser.add_argument
    add("--pid", metavar="FILE", help="for the process id, to which signals are sent")
    add("--chdir", metavar="FOLDER", help="go there first; modules are looked for there (default: the current one)")
    add(
        "--loglevel",
        default="minimal",
        choices=list(_LEVELS),
        help="what is told on stderr; minimal: start, stop and trouble (default: %(default)s)",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _add_broker(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--broker",
        metavar="WHERE",
        default=os.environ.get("MSGLITE_BROKER") or _DEFAULTS.broker,
        help="unix:/path or tcp:host:port, or several with commas between (default: $MSGLITE_BROKER, or %(default)s)",
    )
    add(
        "--token",
        default=os.environ.get("MSGLITE_TOKEN"),
        help="for a broker that wants one; better in the environment: $MSGLITE_TOKEN",
    )
    add("--broker-tls", action="store_true", help="the broker on TCP speaks TLS; on with each of the next three, too")
    add("--broker-ca", metavar="FILE", help="its certificate is signed by one of these, in PEM")
    add("--broker-cert", metavar="FILE", help="our certificate, if it asks for one")
    add("--broker-key", metavar="FILE", help="its key")
    add(
        "--http-msg-address",
        metavar="ADDRESS",
        default=_DEFAULTS.http_msg_address,
        help="message address that requests are taken from, or several with commas between (default: %(default)s)",
    )


def _add_workers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--workers",
        type=_positive,
        default=_DEFAULTS.workers,
        metavar="N",
        help="processes (default: as many as processors)",
    )
    add("--threads", type=_positive, default=_DEFAULTS.threads, metavar="N", help="threads in each (default: 1)")
    add(
        "--max-requests",
        type=_whole,
        default=_DEFAULTS.max_requests,
        metavar="N",
        help="replace a worker after so many, and up to a tenth more by chance (default: 0, never)",
    )
    add(
        "--lease",
        type=_seconds,
        default=_DEFAULTS.lease,
        metavar="SECONDS",
        help="for which a request is a worker's; extended while the application works (default: 30)",
    )
    add(
        "--drain-timeout",
        type=_seconds,
        default=_DEFAULTS.drain_timeout,
        metavar="SECONDS",
        help="for requests in progress when a worker is to stop; then it is killed (default: 30)",
    )
    add(
        "--boot-timeout",
        type=_seconds,
        default=_DEFAULTS.boot_timeout,
        metavar="SECONDS",
        help="for loading the application (default: 60)",
    )


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
