"""A long run as the engine leaves it in the log: its mixture of events, of about 1 KB each on average."""

from collections.abc import Iterator
from itertools import islice

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport

TASKS = 60
"""The most that a plan holds."""
TURNS = 210
"""Calls of a task's agent to its model; each looks twice and writes one file anew."""
FILES = 3
"""Files of a task."""
_LINE = "    return {name!r}, [part for part in parts if part is not None]\n"
_SHA = "0" * 64


def long_run(events: int) -> Iterator[e.Event]:
    """Return the first ``events`` events, at most about a hundred thousand, of a run without an end."""
    return islice(_run(), events)


def _run() -> Iterator[e.Event]:
    yield e.RunStarted(order=RunOrder(kind="project", request="a program of many parts", workspace="/w"))
    names = [f"t{number}" for number in range(TASKS)]
    tasks = tuple(PlanTask(id=name, title=f"part {name}", role=Role.CODE_GENERATOR) for name in names)
    yield e.PlanMade(plan=Plan(summary="parts", complexity=Complexity(level="large"), tasks=tasks))
    for name in names:
        yield from _task(name)


def _task(task: str) -> Iterator[e.Event]:
    yield e.TaskStarted(task_id=task, role=Role.CODE_GENERATOR)
    yield from (e.BaseKept(path=_path(task, number), text=None) for number in range(FILES))
    sent = {"sender": "Orchestra", "recipient": "CodeGenerator", "correlation_id": "run-1"}
    for number in range(2):
        message = AgentMessage(id=f"{task}-{number}", **sent, subject="a part", text=_text(task, 200))
        yield e.MessageSent(message=message)
    for turn in range(TURNS):
        yield from _turn(task, turn)
    ref = ArtifactRef(id=f"{task}-made", kind="patch", name=task, sha256=_SHA)
    yield e.ArtifactMade(task_id=task, ref=ref, text=_text(task, 300))
    yield e.TaskFinished(task_id=task, summary=_text(task, 200), artifacts=(ref,))
    yield e.TestsStarted(round=0)
    report = TestReport(command=("pytest",), ran=True, passed=4, exit_code=0, output=_text(task, 800))
    yield e.TestsRan(report=report, round=0)


def _turn(task: str, turn: int) -> Iterator[e.Event]:
    """What one call leaves: asking, edit and answer are as long as those in tests/data/histories."""
    name, path = f"{task}-{turn}", _path(task, turn % FILES)
    of_task = {"task_id": task, "role": Role.CODE_GENERATOR}
    yield e.AgentAsked(**of_task, text=_text(name, 1_800))
    yield e.ModelCallStarted(**of_task, request_sha256=_SHA)
    yield e.EditProposed(
        **of_task, edit_id=name, edit=WholeFile(path=path, text=_text(name, 2_200)), sha256=_SHA
    )
    yield e.EditSettled(outcome=EditOutcome(edit_id=name, path=path, state="confirmed", sha256=_SHA))
    yield e.TaskProgressed(task_id=task, text=f"{path} written", done=turn % FILES + 1, total=FILES)
    usage = Usage(input_tokens=2_000, output_tokens=1_500, cost=0.01)
    answer = {"provider": "openai", "model": "m", "text": _text(name, 2_800), "usage": usage}
    yield e.ModelAnswered(**of_task, request_sha256=_SHA, **answer)
    look = e.ToolUsed(**of_task, name="search", arguments="{}", result=_text(name, 400), ok=True)
    yield from (look, look)


def _path(task: str, number: int) -> str:
    return f"src/{task}_{number}.py"


def _text(name: str, characters: int) -> str:
    """Return code of a length, with what JSON escapes in it."""
    line = _LINE.format(name=name)
    return (line * (characters // len(line) + 1))[:characters]
