"""The runs that one engine has at work, or had a little while ago."""

import asyncio
from dataclasses import dataclass

from codecompanion.contracts.ids import RunId
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.summary import Ending

MOST_ENDED = 50
"""Ended runs whose state is kept at hand."""


@dataclass(slots=True)
class RunHere:
    """A run, its work, and who sees that to its end; both are None for one that had ended before."""

    log: RunLog
    gate: Gate
    started_at: float
    work: asyncio.Task[Ending] | None = None
    keeper: asyncio.Task[None] | None = None


def let_go(runs: dict[RunId, RunHere]) -> None:
    """Keep only the newest ended runs in memory: the log has them all."""
    ended = [run_id for run_id, run in runs.items() if run.keeper is not None and run.keeper.done()]
    for run_id in ended[:-MOST_ENDED]:
        del runs[run_id]
