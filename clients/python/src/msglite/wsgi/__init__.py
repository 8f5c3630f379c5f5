"""WSGI applications behind a msglite proxy: ``msglite-wsgi module:app``, or ``serve``."""

from .application import ClientGone
from .command import main, serve
from .settings import Settings

__all__ = ["ClientGone", "Settings", "main", "serve"]
