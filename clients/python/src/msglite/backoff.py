"""How long to wait between attempts to connect."""

from __future__ import annotations

import random


class Backoff:
    """Pauses whose bound doubles with each attempt that failed. Chance spreads the clients of a broker that comes back."""

    def __init__(self, least: float, most: float, jitter: float) -> None:
        self._least = least
        self._most = most
        self._jitter = jitter
        self._failed = 0

    def next(self) -> float:
        """Seconds until the next attempt."""
        bound: float = min(self._most, self._least * 2 ** min(self._failed, 30))
        self._failed += 1
        return bound * (1 - self._jitter * random.random())

    def reset(self) -> None:
        """It went well."""
        self._failed = 0
