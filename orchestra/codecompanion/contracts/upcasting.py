"""What earlier releases stored, read as what it means today: events are upcast when read, never rewritten.

An upcaster takes the decoded JSON object of one event and returns that of today; it is pure, and what has
today's shape already it returns as it is. An event whose meaning changed gets a new name instead.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]


def _run_started(event: Json) -> Json:
    """Until 0.1.0 an order said ``stepwise`` or not; since then it names its ``mode``."""
    order = event.get("order")
    if not isinstance(order, dict) or "stepwise" not in order:
        return event
    kept = {name: value for name, value in order.items() if name != "stepwise"}
    return {**event, "order": {**kept, "mode": "stepwise" if order["stepwise"] else "automatic"}}


UPCASTERS: Final[Mapping[str, Upcaster]] = MappingProxyType({"run_started": _run_started})
"""The upcasters by the names of the events they read."""
