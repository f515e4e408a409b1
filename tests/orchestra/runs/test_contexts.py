"""Who did what, and what led to it: told from a run's events alone."""

from collections.abc import Sequence

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.event_text import EVENT_TYPES
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Priority, Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.runs import contexts
from codecompanion.orchestra.runs.contexts import EDITOR, Contexts, completed
from codecompanion.orchestra.runs.state import PLANNING

ORDER = RunOrder(kind="project", request="an adder", workspace="/w")
CODE = PlanTask(id="code", title="Code", role=Role.CODE_GENERATOR, priority=Priority.HIGH)
TESTS = PlanTask(id="tests", title="Tests", role=Role.TEST_WRITER, depends_on=("code",))
PLAN = Plan(summary="two tasks", complexity=Complexity(level="small"), tasks=(CODE, TESTS))
MEND = PlanTask(id="mend-1", title="Mend", role=Role.DEBUGGER, priority=Priority.URGENT)
MANAGER, WRITER, TESTER, DEBUGGER = map(
    str, (Role.PROJECT_MANAGER, Role.CODE_GENERATOR, Role.TEST_WRITER, Role.DEBUGGER)
)


def message(name: str, sender: str, cause: str | None = None) -> e.MessageSent:
    sent = AgentMessage(
        id=name, sender=sender, recipient="x", correlation_id="run-1", causation_id=cause, subject="s"
    )
    return e.MessageSent(message=sent)


def started(task: str, role: Role) -> e.TaskStarted:
    return e.TaskStarted(task_id=task, role=role)


def asked(task: str, role: Role) -> e.AgentAsked:
    return e.AgentAsked(task_id=task, role=role, text="please")


def called(task: str, role: Role) -> e.ModelCallStarted:
    return e.ModelCallStarted(task_id=task, role=role, request_sha256="0")


def answered(task: str, role: Role) -> e.ModelAnswered:
    return e.ModelAnswered(
        task_id=task, role=role, request_sha256="0", provider="p", model="m", text="", usage=Usage()
    )


def looked(task: str, role: Role) -> e.ToolUsed:
    return e.ToolUsed(task_id=task, role=role, name="read_file", arguments="{}", result="", ok=True)


def artifact(task: str, kind: str) -> e.ArtifactMade:
    ref = ArtifactRef.model_validate({"id": "a", "kind": kind, "name": "n", "sha256": "0"})
    return e.ArtifactMade(task_id=task, ref=ref, text="")


def proposed(name: str, task: str, role: Role, *, sent: bool = True) -> e.EditProposed:
    edit = WholeFile(path="a.py", text="x")
    return e.EditProposed(edit_id=name, task_id=task, role=role, edit=edit, sha256="0" if sent else "")


def settled(name: str, state: str = "confirmed") -> e.EditSettled:
    return e.EditSettled(outcome=EditOutcome.model_validate({"edit_id": name, "path": "a.py", "state": state}))


def finished(task: str) -> e.TaskFinished:
    return e.TaskFinished(task_id=task, summary="done")


RED = TestReport(command=("t",), ran=True, failed=1, exit_code=1)
PM, CG, TW, DB = Role.PROJECT_MANAGER, Role.CODE_GENERATOR, Role.TEST_WRITER, Role.DEBUGGER

A_RUN: list[tuple[e.Event, str, int | None]] = [
    (e.RunStarted(order=ORDER), "user", None),
    (message("m1", "user"), "user", 1),
    (started(PLANNING, PM), MANAGER, 1),
    (asked(PLANNING, PM), MANAGER, 3),
    (called(PLANNING, PM), MANAGER, 4),
    (answered(PLANNING, PM), MANAGER, 5),
    (artifact(PLANNING, "plan"), MANAGER, 6),
    (e.PlanMade(plan=PLAN), MANAGER, 6),
    (message("m2", MANAGER, "m1"), MANAGER, 2),
    (started("code", CG), WRITER, 8),
    (message("m3", MANAGER, "m2"), MANAGER, 9),
    (asked("code", CG), WRITER, 10),
    (called("code", CG), WRITER, 12),
    (answered("code", CG), WRITER, 13),
    (looked("code", CG), WRITER, 14),
    (called("code", CG), WRITER, 15),
    (e.BaseKept(path="a.py", text=None), WRITER, 16),
    (proposed("e1", "code", CG), WRITER, 16),
    (settled("e1", "claimed"), EDITOR, 18),
    (e.TaskProgressed(task_id="code", text="1 of 1", done=1, total=1), WRITER, 19),
    (answered("code", CG), WRITER, 16),
    (e.RunPaused(), "user", None),
    (proposed("e2", "code", CG, sent=False), WRITER, 16),
    (settled("e2", "failed"), "orchestra", 23),
    (finished("code"), WRITER, 24),
    (e.RunResumed(), "user", 22),
    (started("tests", TW), TESTER, 25),
    (called("tests", TW), TESTER, 27),
    (
        e.ModelCallFailed(task_id="tests", role=TW, provider="p", fault="timeout", reason="slow"),
        TESTER,
        28,
    ),
    (e.TaskFailed(task_id="tests", reason="slow"), TESTER, 29),
    (e.TaskRetried(task_id="tests", reason="slow"), "orchestra", 30),
    (started("tests", TW), TESTER, 31),
    (e.RunReopened(), "orchestra", 32),
    (started("tests", TW), TESTER, 33),
    (finished("tests"), TESTER, 34),
    (settled("e1"), EDITOR, 18),
    (e.TestsStarted(round=0), "orchestra", 35),
    (e.TestsRan(report=RED, round=0), "orchestra", 37),
    (e.TaskAdded(task=MEND), "orchestra", 38),
    (started("mend-1", DB), DEBUGGER, 39),
    (artifact("mend-1", "test report"), "orchestra", 38),
    (finished("mend-1"), DEBUGGER, 40),
    (e.TestsStarted(round=1), "orchestra", 42),
    (e.TestsRan(report=RED, round=1), "orchestra", 43),
    (e.StopRequested(reason="enough"), "user", None),
    (message("m4", "test runner"), "orchestra", 45),
    (e.RunFinished(outcome="stopped", summary="stopped"), "orchestra", 45),
]


def told(events: Sequence[e.Event]) -> list[e.Context]:
    return Contexts("run-1", edits_by=EDITOR).of(events)


@pytest.mark.parametrize("nth", range(len(A_RUN)), ids=lambda n: f"{n + 1}-{A_RUN[n][0].event}")
def test_each_event_has_its_actor_and_its_cause(nth: int) -> None:
    _, actor, cause = A_RUN[nth]
    context = told([event for event, _, _ in A_RUN])[nth]
    assert (context.actor, context.causation_id) == (actor, f"run-1:{cause}" if cause else None)
    assert context.correlation_id == "run-1"


def test_every_type_of_event_has_a_rule() -> None:
    assert set(contexts._DUES) == EVENT_TYPES


def test_the_priority_is_that_of_the_task() -> None:
    priorities = {
        event.event: context.priority
        for (event, _, _), context in zip(A_RUN, told([event for event, _, _ in A_RUN]), strict=True)
        if getattr(event, "task_id", "") == "code"
        or isinstance(event, e.EditSettled | e.BaseKept | e.TaskAdded)
    }
    assert priorities.pop("task_added") is Priority.URGENT
    assert set(priorities.values()) == {Priority.HIGH}


def test_contexts_are_the_same_one_by_one_and_after_a_reopening() -> None:
    events = [event for event, _, _ in A_RUN]
    whole = told(events)
    # what stood in a file and the edit to it are decided together, so they are never told apart
    for cut in (n for n in range(len(events) + 1) if n == 0 or not isinstance(events[n - 1], e.BaseKept)):
        history = [recorded(n + 1, event, whole[n]) for n, event in enumerate(events[:cut])]
        assert Contexts("run-1", history, edits_by=EDITOR).of(events[cut:]) == whole[cut:]


def recorded(version: int, event: e.Event, context: e.Context, run_id: str = "run-1") -> e.Recorded:
    return e.Recorded(run_id=run_id, version=version, position=version, at=0.0, body=event, context=context)


def test_a_fork_hangs_together_with_its_origin() -> None:
    history = [recorded(1, A_RUN[0][0], e.Context(actor="user", correlation_id="run-1"), "run-2")]
    fork, then = Contexts("run-2", history).of([e.RunForked(origin="run-1", version=1), started(PLANNING, PM)])
    assert (fork.actor, fork.correlation_id, fork.causation_id) == ("user", "run-1", "run-1:1")
    assert (then.correlation_id, then.causation_id) == ("run-1", "run-2:1")


def test_a_granted_step_or_an_approval_is_what_a_task_waited_for() -> None:
    events = [e.RunStarted(order=ORDER), e.PlanMade(plan=PLAN), e.PlanApproved(), started("code", CG)]
    assert [one.causation_id for one in told(events)] == [None, "run-1:1", "run-1:2", "run-1:3"]


def test_a_task_that_cannot_begin_fails_by_what_it_builds_on() -> None:
    events: list[e.Event] = [
        e.RunStarted(order=ORDER),
        e.PlanMade(plan=PLAN),
        started("code", CG),
        e.TaskFailed(task_id="code", reason="no model"),
        e.TaskFailed(task_id="tests", reason="'code', which it builds on, failed"),
    ]
    last = told(events)[-1]
    assert (last.actor, last.causation_id) == ("orchestra", "run-1:4")


def test_what_is_done_with_a_whole_run_belongs_to_that_run() -> None:
    (context,) = Contexts("~sessions").of([e.RunRenamed(run_id="run-1", title="x")])
    assert (context.actor, context.correlation_id) == ("user", "run-1")
    (typed,) = Contexts("~documents").of([e.DocumentSaved(path="a.py", sha256="0")])
    assert (typed.actor, typed.correlation_id) == ("user", "~documents")


def test_only_what_says_nothing_is_completed() -> None:
    bare = e.Context(correlation_id="run-1")
    own = e.Context(actor="editor", correlation_id="run-1", causation_id="run-1:1")
    history = [
        recorded(1, A_RUN[0][0], bare),
        recorded(2, e.RunPaused(), own),
        recorded(3, e.RunResumed(), bare),
    ]
    assert [one.context.actor for one in completed(history)] == ["user", "editor", "user"]
    assert completed([]) == []
