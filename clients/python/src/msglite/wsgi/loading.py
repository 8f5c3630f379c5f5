"""Finds the application."""

from __future__ import annotations

import importlib
from typing import Any

from .application import Application


def load(name: str) -> Application:
    """``module:name``, ``module:name()`` for a function that makes it, or ``module`` for ``module:application``. The name may have
    dots. Raises what importing raises, ``AttributeError`` and ``TypeError``."""
    module, _, attribute = name.partition(":")
    attribute = attribute or "application"
    makes = attribute.endswith("()")
    found: Any = importlib.import_module(module)
    for part in (attribute[:-2] if makes else attribute).split("."):
        found = getattr(found, part)
    if makes:
        found = found()
    if not callable(found):
        raise TypeError(f"{name} is no WSGI application: it can't be called")
    application: Application = found
    return application
