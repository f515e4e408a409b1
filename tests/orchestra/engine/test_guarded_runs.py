"""Limits that end a run which takes too much, also across interruptions; and retries of what passes."""

import asyncio
import time
from collections.abc import Callable

import pytest

from codecompanion.contracts.events import TaskStarted
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.guard import RunLimits
from codecompanion.router.scripted_client import Asked, Reply
from codecompanion.router.scripted_server.faults import Fault

PlanText = Callable[..., str]


def limited(b, *, limits: RunLimits | None = None, agents: AgentLimits | None = None) -> None:
    b.engine = Engine(
        b.parts, clock=time.time, limits=agents or AgentLimits(deadline=20, retry_wait=0.02), run_limits=limits
    )


async def reached(b, status) -> list[str]:
    """Return which limits a run reached; each is one event, and its sentence is in the summary."""
    events = await b.events(status.run_id, "limit_reached")
    assert all(event.text in status.summary for event in events)
    return [event.limit for event in events]


async def test_a_run_ends_at_its_last_allowed_model_call_and_keeps_what_is_done(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        limited(b, limits=RunLimits(calls=2))
        status = await b.run("two files")
        assert (status.phase, status.files) == ("failed", ("a.py",))
        assert "2 model calls, and the setting `maxCalls` allows 2" in status.summary
        assert len(b.gateway.requests) == 2
        assert await reached(b, status) == ["model calls"]
        assert not await b.events(status.run_id, "stop_requested")


async def test_calls_made_at_the_same_time_are_counted_before_they_begin(
    bench, plan_text: PlanText, two_files
) -> None:
    side_by_side = [(f"t{n}", "CodeGenerator", [f"t{n}.py"], []) for n in range(8)]
    tests = ("tests", "TestWriter", ["test_it.py"], [])
    async with bench(two_files.script(plan=plan_text(*side_by_side, tests))) as b:
        limited(b, limits=RunLimits(calls=4))
        assert (await b.run("many files")).phase == "failed"
        assert len(b.gateway.requests) == 4


async def test_tokens_count_after_an_answer_and_the_last_answer_is_still_used(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        limited(b, limits=RunLimits(tokens=1))
        status = await b.run("two files")
        assert status.phase == "failed"
        assert "setting `maxTokensPerRun` allows 1" in status.summary
        assert await reached(b, status) == ["tokens"]
        assert [task.task_id for task in status.tasks] == ["a", "b", "tests"], "the plan was taken"


async def test_time_at_work_ends_a_hanging_call_and_waiting_for_a_person_does_not_count(
    bench, two_files
) -> None:
    async with bench(two_files.script(a=Reply(text="x", first_token_after=30))) as b:
        limited(b, limits=RunLimits(seconds=0.3))
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        await b.until(run_id, lambda s: s.phase == "waiting")
        await asyncio.sleep(0.5)
        assert b.engine.status(run_id).phase == "waiting"
        await b.engine.approve(run_id)
        began = time.monotonic()
        status = await b.engine.wait(run_id)
        assert status.phase == "failed"
        assert "setting `maxMinutes`" in status.summary
        assert await reached(b, status) == ["seconds"]
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("native", [True, False])
async def test_the_same_look_again_and_again_ends_the_run(bench, two_files, native: bool) -> None:
    look = Reply(tool_calls=(ToolCall(id="1", name="list_files", arguments={}),))
    if not native:
        look = Reply(text='{"tool": "list_files", "arguments": {}}')
    async with bench(two_files.script(a=look, b=look), native_tools=native) as b:
        b.write("README.md", "hello")
        limited(b, limits=RunLimits(repeats=5))
        status = await b.run("two files")
        assert status.phase == "failed"
        assert "in the same way, with the same result, 5 times" in status.summary
        assert "setting `maxRepeats` allows 5" in status.summary
        assert await reached(b, status) == ["repetition"]


async def test_the_same_answer_in_several_tasks_ends_the_run(bench, two_files) -> None:
    empty = Reply(text="I would rather not.")
    async with bench(two_files.script(a=empty, b=empty, tests=empty)) as b:
        limited(b, limits=RunLimits(repeats=3))
        status = await b.run("two files")
        assert status.phase == "failed"
        assert "CodeGenerator gave the same answer 3 times" in status.summary


async def test_what_was_counted_before_an_interruption_counts_on(bench, two_files) -> None:
    slow = two_files.script(b=Reply(text="x", first_token_after=30))
    async with bench(slow) as b:
        limited(b, limits=RunLimits(calls=4))
        run_id = await b.engine.start(b.order("two files"))
        await b.until(run_id, lambda s: any(t.task_id == "b" and t.phase == "running" for t in s.tasks))
        while len(b.gateway.requests) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        store = b.store
    async with bench(two_files.script(), store) as b:
        limited(b, limits=RunLimits(calls=4))
        await b.engine.reopen(run_id)
        status = await b.engine.wait(run_id)
        assert status.phase == "failed"
        assert len(b.gateway.requests) == 1


async def test_a_passing_fault_is_tried_again_and_what_was_paid_is_not_asked_again(bench, two_files) -> None:
    away = Fault(kind="error", status=503)
    look = Reply(tool_calls=(ToolCall(id="1", name="list_files", arguments={}),))
    good = Reply(text="FILE: a.py\n```python\nVALUE = 1\n```\n")
    answers = iter([look, Reply(text="x", fault=away), Reply(text="x", fault=away), good])

    def reply(asked: Asked) -> Reply:
        task = asked.request.brief.task
        return next(answers) if task is not None and task.id == "a" else two_files.script()(asked)

    async with bench(reply) as b:
        b.write("README.md", "hello")
        limited(b)
        status = await b.run("two files")
        assert status.phase == "done"
        starts = [e for e in await b.events(status.run_id, "task_started") if e.task_id == "a"]
        assert [e.epoch for e in starts if isinstance(e, TaskStarted)] == [1, 2, 3]
        reasons = [e.reason for e in await b.events(status.run_id, "task_retried")]
        assert len(reasons) == 2
        assert "It begins anew in 0.02 seconds (retry 1 of 2)." in reasons[0]
        assert len(await b.events(status.run_id, "tool_used")) == 1
        assert len([e for e in await b.events(status.run_id, "agent_asked") if e.task_id == "a"]) == 1


async def test_a_fault_that_stays_is_given_up_after_two_retries(bench, two_files) -> None:
    away = Reply(text="x", fault=Fault(kind="error", status=503))
    async with bench(two_files.script(a=away)) as b:
        limited(b)
        status = await b.run("two files")
        assert status.phase == "failed"
        assert len(await b.events(status.run_id, "task_retried")) == 2


async def test_a_refused_key_or_a_bad_request_is_not_tried_again(bench, two_files) -> None:
    for code in (401, 400):
        refused = Reply(text="x", fault=Fault(kind="error", status=code))
        async with bench(two_files.script(a=refused)) as b:
            limited(b)
            status = await b.run("two files")
            assert status.phase == "failed"
            assert not await b.events(status.run_id, "task_retried")


async def test_planning_is_tried_again_too(bench, two_files) -> None:
    answers = iter([Reply(text="x", fault=Fault(kind="cut", after=1)), Reply(text=two_files.plan)])

    def reply(asked: Asked) -> Reply:
        manages = asked.request.role is Role.PROJECT_MANAGER
        return next(answers) if manages else two_files.script()(asked)

    async with bench(reply) as b:
        limited(b)
        status = await b.run("two files")
        assert status.phase == "done"
        assert [e.task_id for e in await b.events(status.run_id, "task_retried")] == ["plan"]


async def test_a_run_that_waits_to_retry_stops_at_once(bench, two_files) -> None:
    away = Reply(text="x", fault=Fault(kind="error", status=503))
    async with bench(two_files.script(a=away)) as b:
        limited(b, agents=AgentLimits(deadline=20, retry_wait=30))
        run_id = await b.engine.start(b.order("two files"))
        status = await b.until(run_id, lambda s: "begins anew in 30 seconds" in s.text)
        assert [t.phase for t in status.tasks] == ["waiting"] * 3
        began = time.monotonic()
        await b.engine.stop(run_id)
        assert (await b.engine.wait(run_id)).phase == "stopped"
        assert time.monotonic() - began < 10
