"""Which events of a run are wanted, from the words in which a person says so."""

from collections.abc import Sequence

from codecompanion.contracts.events import Recorded
from codecompanion.orchestra.replay.filters import Filter
from codecompanion.orchestra.replay.moments import time_of


def filter_for(
    history: Sequence[Recorded],
    *,
    agent: str | None = None,
    types: Sequence[str] = (),
    task: str | None = None,
    correlation: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Filter:
    """Return the filter; times of day are those of the day on which the run began. Raises ``BadRequest``."""
    day = history[0].at
    return Filter(
        agent=agent,
        types=tuple(types),
        task=task,
        correlation=correlation,
        since=time_of(since, day) if since else None,
        until=time_of(until, day) if until else None,
    )
