"""The runs of this session, from the command to their end, and which one a command means."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codecompanion.server.editor.work import Work
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.contracts.status import RunStatus
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.events import RunReporter

MOST_ENDED = 50
"""Ended runs kept for `orchestra.status`; the log has them all."""


@dataclass(eq=False, slots=True)
class LiveRun:
    """One run; ``engine`` and ``status`` are None until the engine is loaded and has begun.

    ``last_word`` is set when the run ended before, or without, a status of its own; ``fork_folder`` when it
    works in a copy of the folder.
    """

    run_id: str
    work: Work
    reporter: "RunReporter"
    started_at: float
    reopened: bool = False
    engine: "Engine | None" = None
    status: "RunStatus | None" = None
    stop_reason: str | None = None
    ended: bool = False
    last_word: str = ""
    fork_folder: str = ""
    last_event_seen: asyncio.Event = field(default_factory=asyncio.Event)
    first_event_seen: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin_within(self, seconds: float) -> None:
        """Wait until the engine has begun or the run has ended, but no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.first_event_seen.wait()

    def refresh(self) -> None:
        """Look up how the run stands at this moment: the last event shown may be a little behind."""
        if self.engine is not None and self.status is not None and not self.ended:
            self.status = self.engine.status(self.run_id)

    def loaded_engine(self) -> "Engine":
        """Return the run's engine; raises ``RequestFailed`` while it is only being prepared, and at its end."""
        if self.ended:
            raise RequestFailed(f"run {self.run_id} has ended ({self.phase}); start a new one")
        if self.engine is None or self.status is None:
            raise RequestFailed(f"run {self.run_id} is still starting; try again in a moment")
        return self.engine

    @property
    def phase(self) -> str:
        """The one word for what the run is doing."""
        if self.ended and self.last_word:
            return "failed" if self.stop_reason is None else "stopped"
        return self.status.phase if self.status is not None else "planning"

    @property
    def mode(self) -> str:
        """How the run goes on; empty until it has begun."""
        return self.status.mode if self.status is not None else ""

    @property
    def short_text(self) -> str:
        """Who is at work and how far they are, for a code lens."""
        if self.status is None:
            return "starting"
        busy = [str(task.role) for task in self.status.tasks if task.phase == "running"]
        return f"{', '.join(dict.fromkeys(busy)) or self.status.phase} … {self.status.percent} %"


class LiveRuns:
    """The runs by id, oldest first."""

    def __init__(self) -> None:
        self._runs: dict[str, LiveRun] = {}

    def __iter__(self) -> Iterator[LiveRun]:
        return iter(tuple(self._runs.values()))

    def add(self, run: LiveRun) -> None:
        """Keep a run, and let the oldest ended ones go."""
        self._runs[run.run_id] = run
        ended = [other.run_id for other in self._runs.values() if other.ended]
        for run_id in ended[:-MOST_ENDED]:
            del self._runs[run_id]

    def get(self, run_id: str) -> LiveRun | None:
        """Return a run by its id."""
        return self._runs.get(run_id)

    def active(self) -> list[LiveRun]:
        """Return the runs that have not ended, oldest first."""
        return [run for run in self._runs.values() if not run.ended]

    def any_fits(self, fits: Callable[[LiveRun], bool]) -> bool:
        """Whether an active run fits, as it stands at this moment."""
        for run in self.active():
            run.refresh()
        return any(map(fits, self.active()))

    def of_comment(self, uri: str, text: str) -> LiveRun | None:
        """Return the run under way for a written request."""
        for run in reversed(self.active()):
            origin = run.work.origin
            if origin is not None and (origin.uri, origin.text) == (uri, text):
                return run
        return None

    def pick(self, run_id: str | None, fits: Callable[[LiveRun], bool], what: str) -> LiveRun:
        """Return the run meant: the named one, else the most recent active one that ``fits``.

        ``what`` ends the sentence "no run …". Raises ``RequestFailed`` with the runs there are.
        """
        for candidate in self.active():
            candidate.refresh()
        if run_id is not None:
            run = self._runs.get(run_id)
            if run is None:
                known = ", ".join(list(self._runs)[-5:]) or "none yet"
                raise RequestFailed(f"unknown run {run_id!r}; known: {known}")
            return run
        fitting = [run for run in self.active() if fits(run)]
        if not fitting:
            active = ", ".join(f"{run.run_id} ({run.phase})" for run in self.active()) or "none"
            raise RequestFailed(f"no run {what}; active runs: {active}")
        return fitting[-1]
