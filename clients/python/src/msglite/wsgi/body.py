"""The body of a request that comes in pieces, as a file."""

from __future__ import annotations

import io
import os
import tempfile
from typing import Any, Callable

#: Bytes of a body that are kept in memory; beyond it, they go to a temporary file.
MOST_IN_MEMORY = 512 * 1024


class Pieces(io.RawIOBase):
    """Fetches pieces as they are wanted, and keeps them, so that one may seek. Not for several threads."""

    def __init__(self, fetch: Callable[[], bytes]) -> None:
        """``fetch`` returns the next piece, an empty one at the end. What it raises, reading raises."""
        super().__init__()
        self._fetch = fetch
        self._file = tempfile.SpooledTemporaryFile(MOST_IN_MEMORY)
        #: Bytes fetched.
        self._size = 0
        self._position = 0
        self.complete = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._position >= self._size and not self.complete:
            self._more()
        self._file.seek(self._position)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += self.fetch_all()
        if offset < 0:
            raise ValueError("a negative position")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def fetch_all(self) -> int:
        """Returns the body's length."""
        while not self.complete:
            self._more()
        return self._size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _more(self) -> None:
        piece = self._fetch()
        if not piece:
            self.complete = True
            return
        self._file.seek(self._size)
        self._file.write(piece)
        self._size += len(piece)


class Body:
    """``wsgi.input`` of a body that came not with its head, and what is behind it."""

    def __init__(self, fetch: Callable[[], bytes] | None = None) -> None:
        """Without ``fetch`` it is empty."""
        self._pieces = None if fetch is None else Pieces(fetch)
        self.input: Any = io.BytesIO() if self._pieces is None else io.BufferedReader(self._pieces, 64 * 1024)

    def length(self) -> int:
        """Waits for all of it."""
        return 0 if self._pieces is None else self._pieces.fetch_all()

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to fetch."""
        return self._pieces is None or self._pieces.complete

    def close(self) -> None:
        if self._pieces is not None:
            self.input.close()
