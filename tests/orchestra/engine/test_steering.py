"""Pausing, stepping, stopping, and going on after the program was gone."""

import asyncio
import time

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.messages import Role
from codecompanion.router.scripted_client import Asked, Reply


async def test_stop_closes_the_stream_within_a_second_and_keeps_what_landed(bench, two_files) -> None:
    slow = two_files.script(first_token_after=30)
    async with bench(slow) as b:
        run_id = await b.engine.start(b.order("two files"))
        await b.until(run_id, lambda s: any(t.phase == "running" for t in s.tasks))
        asked = time.monotonic()
        await b.engine.stop(run_id)
        status = await b.engine.wait(run_id)
        assert time.monotonic() - asked < 1.0
        assert status.phase == "stopped"
        assert "the user stopped it" in status.summary
        assert [e.reason for e in await b.events(run_id, "stop_requested")] == ["the user stopped it"]
        await b.engine.stop(run_id)


async def test_stopping_one_run_leaves_the_other_alone(bench, two_files) -> None:
    async with bench(two_files.script(first_token_after=0.05)) as b:
        first = await b.engine.start(b.order("one"))
        second = await b.engine.start(b.order("two"))
        await b.engine.stop(first)
        assert (await b.engine.wait(first)).phase == "stopped"
        assert (await b.engine.wait(second)).phase == "done"


async def test_stop_kills_the_running_tests(bench, two_files) -> None:
    hang = two_files.TESTS.replace("import a\n", "import time\n        time.sleep(60)\n        import a\n")

    def reply(asked: Asked) -> Reply:
        if asked.request.role is Role.TEST_WRITER:
            return Reply(text=hang)
        return two_files.script()(asked)

    async with bench(reply) as b:
        run_id = await b.engine.start(b.order("hanging tests"))
        await b.until(run_id, lambda s: s.phase == "testing")
        await asyncio.sleep(0.3)
        asked = time.monotonic()
        await b.engine.stop(run_id)
        assert (await b.engine.wait(run_id)).phase == "stopped"
        assert time.monotonic() - asked < 2.0


async def test_a_paused_run_asks_nobody_until_it_goes_on(bench, two_files) -> None:
    async with bench(two_files.script(first_token_after=0.05)) as b:
        run_id = await b.engine.start(b.order("two files"))
        await b.until(run_id, lambda s: any(t.phase == "running" for t in s.tasks))
        await b.engine.pause(run_id)
        await asyncio.sleep(0.3)
        asked = len(b.gateway.requests)
        assert b.engine.status(run_id).phase == "paused"
        await asyncio.sleep(0.3)
        assert len(b.gateway.requests) == asked
        assert not (b.root / "a.py").exists()
        await b.engine.resume(run_id)
        assert (await b.engine.wait(run_id)).phase == "done"


async def test_a_stepwise_run_lets_one_agent_go_for_each_next(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="stepwise"))
        status = await b.until(run_id, lambda s: s.phase == "waiting")
        assert status.text == "next is CodeGenerator: a"
        await b.engine.next(run_id)
        status = await b.until(run_id, lambda s: s.phase == "waiting" and s.text == "next is CodeGenerator: b")
        assert [t.phase for t in status.tasks] == ["done", "waiting", "waiting"]
        await b.engine.next(run_id)
        await b.engine.next(run_id)
        assert (await b.engine.wait(run_id)).phase == "done"


async def test_a_run_that_does_not_exist_is_named(bench) -> None:
    async with bench([]) as b:
        for call in (b.engine.stop, b.engine.pause, b.engine.resume, b.engine.next):
            with pytest.raises(BadRequest, match="unknown run 'run-x'; known: none yet"):
                await call("run-x")


async def test_watching_from_late_gives_every_event_once_and_ends(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files"))
        await b.until(run_id, lambda s: s.percent > 10)
        versions = [recorded.version async for recorded in b.engine.watch(run_id)]
        assert versions == list(range(1, len(versions) + 1))
        assert len(versions) == len(await b.events(run_id))


@pytest.mark.parametrize("when", range(4, 60, 5))
async def test_after_a_crash_at_any_event_nothing_is_asked_or_written_twice(
    bench, two_files, when: int
) -> None:
    """The program is gone right after event ``when``; a new one reads the log and ends the run."""
    replies = two_files.script(first_token_after=0.01)
    async with bench(replies) as b:
        run_id = await b.engine.start(b.order("two files"))
        async for recorded in b.engine.watch(run_id):
            if recorded.version >= when:
                break
        await b.engine.close()
        paid = len(await b.events(run_id, "model_answered"))
        store = b.store
    async with bench(replies, store=store) as again:
        if again.engine.statuses() == [] and (interrupted := await again.engine.interrupted()):
            assert [status.run_id for status in interrupted] == [run_id]
        await again.engine.reopen(run_id)
        status = await again.engine.wait(run_id)
        assert status.phase == "done"
        answers = await again.events(run_id, "model_answered")
        assert len(answers) == 4
        assert len(again.gateway.requests) == 4 - paid
        confirmed = [e.outcome for e in await again.events(run_id, "edit_settled")]
        assert sorted(o.path for o in confirmed) == ["a.py", "b.py", "test_it.py"]
        assert (await again.events(run_id))[-1].event == "run_finished"


async def test_after_a_crash_an_agent_remembers_what_it_had_finished(bench, two_files) -> None:
    replies = two_files.script()
    async with bench(replies) as b:
        run_id = await b.engine.start(b.order("two files"))
        async for recorded in b.engine.watch(run_id):
            if recorded.body.event == "task_finished" and recorded.body.task_id == "a":
                break
        await b.engine.close()
        (first,) = [one.request for one in b.gateway.requests if one.request.role is Role.CODE_GENERATOR]
        store = b.store
    async with bench(replies, store=store) as again:
        await again.engine.resume(run_id)
        await again.engine.wait(run_id)
        asked = [one.request for one in again.gateway.requests if one.request.role is Role.CODE_GENERATOR]
        assert asked[-1].messages[0] == first.messages[-1]
        assert asked[-1].messages[1].role == "assistant"
        assert asked[-1].messages[1].text.startswith("a.py written")
