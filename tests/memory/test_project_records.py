"""The tables beside the log: right, also bit by bit and after kills; made anew when damaged or foreign."""

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.messages import ArtifactRef, Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.contracts.session_events import SESSIONS, RunArchived, RunRemoved, RunRenamed
from codecompanion.contracts.test_reports import TestReport
from codecompanion.memory.database import Database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import SharedDatabase
from codecompanion.memory.records import projecting
from codecompanion.memory.records.comparing import differences
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.records.shapes import mend
from codecompanion.memory.records.tables import DERIVED, NOTED
from codecompanion.memory.schema import migrate, shipped_migrations
from codecompanion.memory.sqlite import sqlite3

CODER, TESTER = Role.CODE_GENERATOR, Role.TEST_WRITER


def tell(event: e.Event) -> str:
    return f"said {event.event}"


def called(task: str, role: Role, **usage: Any) -> list[e.Event]:
    known = {"task_id": task, "role": role, "request_sha256": f"sha-{task}"}
    answered = e.ModelAnswered(provider="p", model="m", text="", usage=Usage(**usage), **known)
    return [e.ModelCallStarted(**known), answered]


def edited(task: str, path: str, *states: str) -> list[e.Event]:
    proposal = e.EditProposed(
        edit_id=f"edit-{path}",
        task_id=task,
        role=CODER,
        edit=WholeFile(path=path, text="x"),
        sha256="aa",
    )
    outcomes = [
        EditOutcome.model_validate({"edit_id": f"edit-{path}", "path": path, "state": s}) for s in states
    ]
    return [proposal, *(e.EditSettled(outcome=outcome) for outcome in outcomes)]


def report_of(round_: int, passed: int, failed: int) -> e.TestsRan:
    report = TestReport(command=("t",), ran=True, passed=passed, failed=failed, exit_code=int(failed > 0))
    return e.TestsRan(report=report, round=round_)


def history(request: str = "a notes app") -> list[e.Event]:
    """A run with everything in it: planning, two tasks of which one fails, calls, edits, tests, an end."""
    tasks = (
        PlanTask(id="a", title="A", role=CODER),
        PlanTask(id="b", title="B", role=TESTER, depends_on=("a",)),
    )
    plan = Plan(summary="two tasks", complexity=Complexity(level="small"), tasks=tasks)
    ref = ArtifactRef(id="art-1", kind="plan", name="plan", sha256="cc")
    return [
        e.RunStarted(order=RunOrder(kind="project", request=request, workspace="/w")),
        e.TaskStarted(task_id="plan", role=Role.PROJECT_MANAGER),
        e.ArtifactMade(task_id="plan", ref=ref, text="…"),
        e.PlanMade(plan=plan),
        e.TaskStarted(task_id="a", role=CODER),
        *called("a", CODER, input_tokens=10, output_tokens=5, cost=0.25),
        e.ToolUsed(task_id="a", role=CODER, name="read", arguments="{}", result="", ok=True),
        e.TaskProgressed(task_id="a", text="x", done=1, total=2),
        *edited("a", "one.py", "claimed", "confirmed"),
        *edited("a", "two.py", "failed"),
        e.TaskFinished(
            task_id="a", summary="one.py written", artifacts=(ref.model_copy(update={"id": "art-2"}),)
        ),
        e.TaskStarted(task_id="b", role=TESTER),
        *called("b", TESTER, input_tokens=1, output_tokens=1, cost=None),
        e.ModelCallStarted(task_id="b", role=TESTER, request_sha256="late"),
        e.ModelCallFailed(task_id="b", role=TESTER, provider="p", fault="timeout", reason="slow"),
        e.TaskFailed(task_id="b", reason="no answer"),
        e.TaskAdded(task=PlanTask(id="c", title="C", role=Role.DEBUGGER)),
        e.TaskStarted(task_id="c", role=Role.DEBUGGER),
        report_of(-1, 0, 0),
        report_of(0, 3, 1),
        e.RunFinished(outcome="red", summary="one test fails"),
    ]


class Workspace:
    """A log with the tables beside it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.database = Database.open(folder, clock)
        self.store = SqliteEventStore(self.database, clock)
        self.notices: list[str] = []
        self.records = SqliteProjectRecords(self.database, clock, tell, self.notices.append)

    async def differences(self) -> list[str]:
        return await self.database.read(partial(differences, tell=tell))

    async def dump(self) -> dict[str, list[Any]]:
        def all_rows(connection: sqlite3.Connection) -> dict[str, list[Any]]:
            return {
                table.name: connection.execute(table.select("ORDER BY 1, 2")).fetchall() for table in DERIVED
            }

        return await self.database.read(all_rows)

    def spoil(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.database.path, isolation_level=None)) as stranger:
            for statement in statements:
                stranger.execute(statement)


@pytest.fixture
async def workspace(folder: Path, clock: Clock) -> AsyncIterator[Workspace]:
    opened = Workspace(folder, clock)
    yield opened
    await opened.store.close()


async def test_a_run_is_told_by_every_table(workspace: Workspace) -> None:
    await workspace.store.append("run-1", 0, history())
    (session,) = await workspace.records.sessions()
    assert session == await workspace.records.session("run-1")
    assert (session.title, session.kind, session.state, session.summary) == (
        "a notes app",
        "project",
        "red",
        "one test fails",
    )
    assert (session.tasks, session.tasks_done, session.tasks_failed, session.files) == (3, 1, 1, 1)
    assert (session.tests_passed, session.tests_failed, session.events) == (3, 1, len(history()))
    assert (session.calls, session.input_tokens, session.output_tokens, session.cost) == (2, 11, 6, None)
    made = {one.artifact_id: (one.kind, one.state) for one in await workspace.records.artifacts("run-1")}
    assert made == {
        "art-1": ("plan", "made"),
        "art-2": ("plan", "made"),
        "edit-one.py": ("edit", "confirmed"),
        "edit-two.py": ("edit", "failed"),
    }
    agents = {one.role: one for one in await workspace.records.agent_performance()}
    coder, tester, debugger = agents["CodeGenerator"], agents["TestWriter"], agents["Debugger"]
    assert (coder.tasks, coder.done, coder.calls, coder.looks, coder.edits, coder.failed_edits) == (1,) * 6
    assert (coder.cost, tester.cost, tester.failed, tester.failed_calls) == (0.25, None, 1, 1)
    assert (debugger.done, debugger.failed) == (0, 0)
    models = {(one.model, one.role): one for one in await workspace.records.router_performance()}
    assert (models["m", "CodeGenerator"].answered, models["m", "CodeGenerator"].input_tokens) == (1, 10)
    assert (models["", "TestWriter"].failed, models["", "TestWriter"].answered) == (1, 0)
    quality = await workspace.records.quality("run-1")
    assert [(one.round, one.passed, one.failed, one.green) for one in quality] == [
        (-1, 0, 0, False),
        (0, 3, 1, False),
    ]
    timeline = await workspace.records.timeline()
    assert timeline[0].text == "said run_started"
    assert "task_progressed" not in {entry.event for entry in timeline}
    later = await workspace.records.timeline("run-1", after=timeline[5].position, limit=3)
    assert later == timeline[6:9]
    assert await workspace.records.timeline("run-2") == []


async def test_time_is_measured_between_start_and_end(workspace: Workspace) -> None:
    for version, event in enumerate(history()):
        await workspace.store.append("run-1", version, [event])
    agents = {one.role: one.seconds for one in await workspace.records.agent_performance()}
    models = {(one.model, one.role): one.seconds for one in await workspace.records.router_performance()}
    # the clock goes on by one second an event
    assert (agents["CodeGenerator"], models["m", "CodeGenerator"]) == (10.0, 1.0)
    assert agents["ProjectManager"] == 2.0


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_bit_by_bit_comes_to_the_same_as_all_at_once(workspace: Workspace, limit: int) -> None:
    for number in range(3):
        await workspace.store.append(f"run-{number}", 0, history())

    def by_and_by(connection: sqlite3.Connection) -> None:
        while projecting.advance(connection, connection, tell, limit):
            pass

    await workspace.database.change(by_and_by)
    bit_by_bit = await workspace.dump()
    assert await workspace.differences() == []
    await workspace.records.rebuild()
    assert await workspace.dump() == bit_by_bit


async def test_runs_are_renamed_archived_and_removed(workspace: Workspace) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.store.append("run-2", 0, history())
    await workspace.store.append(
        SESSIONS, 0, [RunRenamed(run_id="run-1", title="Notes"), RunArchived(run_id="run-1")]
    )
    session = await workspace.records.session("run-1")
    assert session is not None
    assert (session.title, session.archived) == ("Notes", True)
    workspace.spoil("DELETE FROM events WHERE run_id = 'run-1'")
    removed = RunRemoved(run_id="run-1", reason="old", events=24, last_link="")
    await workspace.store.append(SESSIONS, 2, [removed])
    assert [one.run_id for one in await workspace.records.sessions()] == ["run-2"]
    assert await workspace.records.artifacts("run-1") == []
    assert {entry.run_id for entry in await workspace.records.timeline()} == {"run-2", SESSIONS}
    assert await workspace.differences() == []


async def test_what_the_router_notes_is_kept_and_never_made_anew(workspace: Workspace) -> None:
    observation = BanditObservation(
        at=1.0, run_id="r", task_id="t", role="Debugger", provider="p", model="m", reward=0.75, reason="green"
    )
    decision = RouterDecision(
        at=1.0,
        run_id="r",
        task_id="t",
        role="Debugger",
        provider="p",
        model="m",
        candidates=("p/m", "p/n"),
        reason="cheapest that is good enough",
    )
    await workspace.records.note_reward(observation)
    await workspace.records.note_decision(decision)
    await workspace.records.rebuild()
    assert (
        await workspace.records.bandit_data()
        == await workspace.records.bandit_data("Debugger")
        == [observation]
    )
    assert await workspace.records.bandit_data("TestWriter") == []
    assert await workspace.records.router_decisions("r") == [decision]


async def test_odd_values_from_models_stop_nothing(workspace: Workspace) -> None:
    odd = called("a", CODER, input_tokens=2**70, cost=float("nan"))
    start = e.RunStarted(order=RunOrder(kind="change", request="\ud800 \0 ✓", workspace="/w"))
    await workspace.store.append("run-1", 0, [start, *odd, e.StopRequested(reason="x" * 5000)])
    (session,) = await workspace.records.sessions()
    assert "\\ud800" in session.request
    assert session.input_tokens > 0
    assert await workspace.differences() == []


async def test_a_failed_write_leaves_position_and_rows_together(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    before = await workspace.dump()
    await workspace.store.append("run-2", 0, history())

    def fails(connection: sqlite3.Connection, position: int) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(projecting, "_reach", fails)
        with pytest.raises(ZeroDivisionError):
            await workspace.records.catch_up()
    assert await workspace.dump() == before
    assert len(await workspace.records.sessions()) == 2
    assert await workspace.differences() == []


def test_kills_leave_no_half_tables(folder: Path, clock: Clock, start_child: Callable[..., Any]) -> None:
    chance = random.Random(7)
    for _ in range(5):
        child = start_child("project.py", folder)
        for _ in range(chance.randint(1, 6)):
            child.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
        child.kill()
        child.communicate()
        database = Database.open(folder, clock)
        assert differences(database.writer, repr) == []
        database.close()


async def test_only_the_tables_do_without_waiting_for_the_disk(
    workspace: Workspace,
) -> None:
    def level(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA synchronous").fetchone()[0])

    before = await workspace.database.change(level)
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    assert await workspace.database.change(level) == before >= 2


async def test_changed_rules_make_the_tables_anew(workspace: Workspace) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    sound = await workspace.dump()
    workspace.spoil("UPDATE projections SET rules = 0", "UPDATE timeline SET text = 'old words'")
    assert "were not made yet, or by other rules" in (await workspace.differences())[0]
    await workspace.records.catch_up()
    assert await workspace.dump() == sound


async def test_altered_rows_are_found(workspace: Workspace) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    workspace.spoil("UPDATE project_sessions SET state = 'done'", "DELETE FROM timeline WHERE version = 2")
    assert [said.partition(" differs")[0] for said in await workspace.differences()] == [
        "the table 'project_sessions'",
        "the table 'timeline'",
    ]


FOREIGN = "was made by another program; it"
SPOILED = {
    "DROP TABLE artifacts": "the table 'artifacts' is missing; it was made anew",
    "DROP TABLE projections": "the table 'projections' is missing; it was made anew",
    "ALTER TABLE artifacts DROP COLUMN sha256": "'artifacts' has no column 'sha256'; it was made anew",
    "ALTER TABLE timeline ADD COLUMN mine TEXT": "has a column 'mine' that is not ours; it was made anew",
    "DROP TABLE timeline; CREATE TABLE timeline (hour)": f"'timeline' {FOREIGN} is kept as 'timeline_aside_",
    "DROP TABLE artifacts; CREATE VIEW artifacts AS SELECT 1": f"'artifacts' {FOREIGN} was made anew",
    "ALTER TABLE bandit_data DROP COLUMN reward": "'bandit_data' has no column 'reward'; it is kept as",
    "DROP TABLE router_decisions": "the table 'router_decisions' is missing; an empty one was made",
}


@pytest.mark.parametrize("spoiling", SPOILED)
async def test_damaged_and_foreign_tables_are_named_and_mended(
    folder: Path, clock: Clock, workspace: Workspace, spoiling: str
) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    sound = await workspace.dump()
    workspace.spoil(*spoiling.split("; "))
    assert len(await workspace.records.sessions()) == 1
    await workspace.records.artifacts("run-1")
    await workspace.records.timeline()
    await workspace.records.bandit_data()
    (notice,) = await _notices_after_a_start(folder, clock, workspace)
    assert SPOILED[spoiling] in notice
    reopened = Workspace(folder, clock)
    assert await reopened.dump() == sound
    assert await reopened.store.verify("run-1") == []
    await reopened.store.close()


async def _notices_after_a_start(folder: Path, clock: Clock, workspace: Workspace) -> list[str]:
    """What was said: at the trouble itself, else at the latest when the next start looks at the tables."""
    await workspace.store.close()
    if not workspace.notices:
        again = Workspace(folder, clock)
        await again.records.catch_up()
        await again.store.close()
        return again.notices
    return workspace.notices


async def test_a_table_of_another_program_does_not_stop_the_migration(folder: Path, clock: Clock) -> None:
    folder.mkdir()
    before = [migration for migration in shipped_migrations() if migration.number < 3]
    with closing(sqlite3.connect(folder / "orchestra.db", isolation_level=None)) as connection:
        migrate(connection, before, lambda: None)
        connection.execute("CREATE TABLE artifacts (museum, year)")
        connection.execute("INSERT INTO artifacts VALUES ('Louvre', 1503)")
    workspace = Workspace(folder, clock)
    await workspace.store.append("run-1", 0, history())
    assert len(await workspace.records.artifacts("run-1")) == 4
    (notice,) = workspace.notices
    assert "the table 'artifacts' was made by another program; it is kept as 'artifacts_aside_" in notice
    aside = notice.split("'")[3]
    assert workspace.database.writer.execute(f"SELECT * FROM {aside}").fetchall() == [("Louvre", 1503)]
    await workspace.store.close()


async def test_beside_the_owner_they_are_read_as_far_as_they_are(
    folder: Path, clock: Clock, workspace: Workspace
) -> None:
    await workspace.store.append("run-1", 0, history())
    await workspace.records.catch_up()
    await workspace.store.append("run-2", 0, history())
    beside = await SharedDatabase.open(folder, clock)
    assert beside.followed is not None
    records = SqliteProjectRecords(beside, clock, tell, workspace.notices.append)
    assert [one.run_id for one in await records.sessions()] == ["run-1"]
    observation = BanditObservation(at=1, run_id="r", task_id="t", role="x", provider="p", model="m", reward=1)
    with pytest.raises(WorkspaceError, match="in use by process"):
        await records.note_reward(observation)
    beside.close()


def test_every_table_of_the_migration_has_its_record() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, shipped_migrations(), lambda: None)
        assert mend(connection, "now") == []
        for table in (*DERIVED, *NOTED):
            assert connection.execute(table.select()).fetchall() == []
