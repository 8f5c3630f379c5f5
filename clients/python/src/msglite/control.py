"""To inspect and control a broker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .arguments import checked_count, wire_address, wire_id

if TYPE_CHECKING:
    from .client import Client


class Control:
    """All but ``recall`` need the admin right where tokens are used. After a lost connection a call is repeated, but for ``purge``,
    ``kick`` and ``recall``: those raise ``ConnectionLost``. All raise ``MsgliteError``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def stats(self) -> dict[str, Any]:
        """What the broker holds and did."""
        return self._ask("stats")

    def queues(self, prefix: str = "", after: str = "") -> dict[str, Any]:
        """At most 1,000 queues in the order of their names: ``{"queues": [{"name", "messages", "receivers", "deliveries", "paused"}],
        "more": bool}``. ``after``: the name after which the list goes on, when ``more`` was true."""
        arguments = [wire_address(prefix)] if prefix else []
        if after:
            arguments.append(f"after={wire_address(after)}")
        return self._ask("queues", *arguments)

    def peek(self, address: str, count: int = 1) -> dict[str, Any]:
        """The first messages of a queue, 1 to 1,000, left where they are: ``{"messages": [..]}``."""
        return self._ask("peek", wire_address(address), str(checked_count("count", count)))

    def purge(self, address: str) -> int:
        """Drops all that wait; returns how many."""
        return int(self._ask("purge", wire_address(address))["purged"])

    def kick(self, address: str, count: int | None = None) -> int:
        """Sends dead letters back to where they came from, all if not said how many; returns how many."""
        most = [] if count is None else [str(checked_count("count", count))]
        return int(self._ask("kick", wire_address(address), *most)["kicked"])

    def pause(self, address: str) -> None:
        """Messages queue and are not handed over. The journal keeps it."""
        self._ask("pause", wire_address(address))

    def resume(self, address: str) -> None:
        """Ends that."""
        self._ask("resume", wire_address(address))

    def recall(self, address: str, id: str) -> bool:
        """Takes back a queued message by its full address and its sender's id; whether it was still there."""
        return bool(self._ask("recall", wire_address(address), wire_id(id))["recalled"])

    def _ask(self, command: str, *arguments: str) -> dict[str, Any]:
        answer = json.loads(self._client._control(command, arguments).decode("utf-8", "surrogateescape"))
        assert isinstance(answer, dict)
        return answer
