"""A long run is shown in an editor without looking up, at each event, how all of it stands."""

import asyncio
import time
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.status import status_of
from codecompanion.server.app import make_server
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.work import Work
from codecompanion.server.events import RunReporter
from codecompanion.server.session import SHOW_WITHIN, Session
from codecompanion.server.wire.folders import WorkspaceFolder

PLAN = Plan(
    summary="s",
    complexity=Complexity(level="small"),
    tasks=(PlanTask(id="a", title="A", role=Role.CODE_GENERATOR),),
)
PROGRESS = e.TaskProgressed(task_id="a", text="writing", done=0, total=0)


class CountingEngine:
    """Tells how a run stands, and counts how often it was asked to."""

    def __init__(self, history: list[e.Event]) -> None:
        self.asked = 0
        self._state = fold(history)

    def status(self, run_id: str) -> Any:
        self.asked += 1
        return status_of(run_id, self._state)


async def test_ten_thousand_events_in_a_row_are_a_few_looks() -> None:
    order = RunOrder(kind="change", request="r", workspace="/w")
    started = e.TaskStarted(task_id="a", role=Role.CODE_GENERATOR)
    history: list[e.Event] = [e.RunStarted(order=order), e.PlanMade(plan=PLAN), started]
    server = make_server({})
    session = Session(server, environ={}, user_file=None)
    folder = WorkspaceFolder(uri="file:///w", name="w", path="/w")
    reporter = RunReporter(server, "run-1", "r", lambda: None)
    run = LiveRun("run-1", Work(kind="change", request="r", folder=folder), reporter, time.time())
    engine = CountingEngine(history)
    run.engine = engine  # type: ignore[assignment]
    session.runs.add(run)
    for version, event in enumerate([*history, *[PROGRESS] * 10_000], 1):
        context = e.Context(correlation_id="run-1")
        session.recorded(
            e.Recorded(run_id="run-1", version=version, position=version, at=0.0, body=event, context=context)
        )
    before = engine.asked
    assert before <= 2 * len(history)
    await asyncio.sleep(2 * SHOW_WITHIN)
    assert engine.asked == before + 1
    assert run.status is not None
    assert run.status.phase == "working"
