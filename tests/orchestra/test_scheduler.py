"""The scheduler: as parallel as the plan allows, never more, and nothing hangs."""

import asyncio

import pytest

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import decide
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.scheduler import Scheduler


class Bench:
    """A plan, a pretended worker, and what it saw."""

    def __init__(self, *tasks: PlanTask, limit: int = 12, failing: frozenset[str] = frozenset()) -> None:
        plan = Plan(summary="p", complexity=Complexity(level="small"), tasks=tasks)
        self.state = RunState()
        self.say(c.StartRun(RunOrder(kind="project", request="x", workspace="/w")))
        self.say(c.AdoptPlan(plan))
        self.failing = failing
        self.order: list[str] = []
        self.running: set[str] = set()
        self.most = 0
        self.together: set[frozenset[str]] = set()
        self.scheduler = Scheduler(lambda: self.state, self.work, self.give_up, limit=limit)

    def say(self, command: c.Command) -> None:
        self.state = fold(decide(self.state, command), self.state)

    async def work(self, task: PlanTask) -> None:
        self.say(c.StartTask(task.id, task.role))
        self.order.append(task.id)
        self.running.add(task.id)
        self.most = max(self.most, len(self.running))
        self.together.add(frozenset(self.running))
        await asyncio.sleep(0.001)
        self.running.discard(task.id)
        if task.id in self.failing:
            self.say(c.FailTask(task.id, "broken"))
        else:
            self.say(c.FinishTask(task.id, "ok"))

    async def give_up(self, task: PlanTask, reason: str) -> None:
        self.say(c.FailTask(task.id, reason))


def task(name: str, *depends_on: str, files: tuple[str, ...] = (), priority: int = 5) -> PlanTask:
    return PlanTask(
        id=name,
        title=name,
        role=Role.CODE_GENERATOR,
        depends_on=depends_on,
        files=files,
        priority=Priority(priority),
    )


async def test_independent_tasks_run_together_and_dependent_ones_after() -> None:
    bench = Bench(task("a"), task("b"), task("c", "a", "b"))
    await bench.scheduler.run()
    assert frozenset({"a", "b"}) in bench.together
    assert bench.order[-1] == "c"


async def test_the_limit_holds_and_the_most_urgent_goes_first() -> None:
    bench = Bench(*(task(f"t{i}") for i in range(6)), task("hot", priority=10), limit=2)
    await bench.scheduler.run()
    assert bench.most == 2
    assert bench.order[0] == "hot"


async def test_two_tasks_that_write_one_file_never_run_together() -> None:
    bench = Bench(task("a", files=("x.py",)), task("b", files=("x.py", "y.py")), task("c", files=("y.py",)))
    await bench.scheduler.run()
    assert not any({"a", "b"} <= group or {"b", "c"} <= group for group in bench.together)
    assert frozenset({"a", "c"}) in bench.together


async def test_what_builds_on_a_failed_task_fails_with_the_reason_and_the_rest_goes_on() -> None:
    bench = Bench(task("a"), task("b", "a"), task("c", "b"), task("d"), failing=frozenset({"a"}))
    await bench.scheduler.run()
    assert bench.state.tasks["b"].phase == bench.state.tasks["c"].phase == "failed"
    assert "'a', which it builds on, failed" in bench.state.tasks["b"].summary
    assert bench.state.tasks["d"].phase == "done"


async def test_a_worker_that_breaks_cancels_the_others() -> None:
    bench = Bench(task("a"), task("b"))
    cancelled = []

    async def work(one: PlanTask) -> None:
        if one.id == "a":
            raise OrchestraError("out of paper")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(one.id)
            raise

    scheduler = Scheduler(lambda: bench.state, work, bench.give_up, limit=4)
    with pytest.raises(ExceptionGroup) as caught:
        await scheduler.run()
    assert caught.group_contains(OrchestraError, match="out of paper")
    assert cancelled == ["b"]
