"""Owner and workers are killed at any moment: nothing acknowledged is lost, no effect is doubled."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow]
FILES = ("one.py", "two.py")
KILLS_A_RUN = 4


def many(few: int, more: int, count: int) -> list[Any]:
    """Return the cases of so many kills in every test run, in CI, and in the long campaign."""
    usual = more if "CI" in os.environ else few
    return [
        pytest.param(usual, id=f"{usual} times"),
        pytest.param(count, id=f"{count} times", marks=pytest.mark.soak),
    ]


@pytest.mark.parametrize("kills", many(4, 14, 200))
async def test_an_owner_killed_at_any_moment(  # noqa: PLR0917
    make_fleet, make_owner, make_model, start_orchestra, folder, kills: int
) -> None:
    chance = random.Random(kills)
    fleet = await make_fleet(make_model(FILES, seconds=0.2, pace=80.0))
    await fleet.worker("w1", "--at-once", "4")
    environ = fleet.environ(
        ORCHESTRA_REDIS_URL=fleet.redis.url, ORCHESTRA_TEST_COMMAND="true", ORCHESTRA_SANDBOX="off"
    )

    async def was_killed(*words: str, moment: Coroutine[Any, Any, None]) -> bool:
        """Let one owner live until the moment has come, or until it ends by itself."""
        owner = await start_orchestra(*words, "--workspace", str(folder), environ=environ)
        waiting, ended = asyncio.create_task(moment), asyncio.create_task(owner.communicate())
        await asyncio.wait({waiting, ended}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if owner.returncode is None:
            owner.send_signal(signal.SIGKILL)
        await ended
        return bool(owner.returncode == -signal.SIGKILL)

    async def at_work(requests: int) -> None:
        await fleet.provider.until_requests(requests)
        await asyncio.sleep(chance.uniform(0.0, 0.6))

    killed = 0
    while killed < kills:
        before, begun = len(fleet.provider.requests), time.monotonic()
        moment = at_work(before + chance.choice([1, 2, 3, 4]))
        killed += await was_killed("run", "some parts", moment=moment)
        start_up = time.monotonic() - begun
        for _ in range(KILLS_A_RUN - 1):
            moment = asyncio.sleep(start_up * chance.uniform(0.5, 1.2))
            killed += await was_killed("runs", "resume", "--last", moment=moment)
        async with make_owner() as owner:
            run_id = (await owner.store.run_ids())[-1]
            recorded = [one.body for one in await owner.recorded(run_id)]
            begun = time.monotonic()
            if recorded[-1].event != "run_finished":
                await owner.engine.reopen(run_id)
                assert (await owner.recorded(run_id))[len(recorded)].body.event == "run_reopened"
                assert time.monotonic() - begun < 5, "it goes on within 5 s"
                await owner.end(run_id)
            after = [one.body for one in await owner.recorded(run_id)]
            answers = [event for event in after if event.event == "model_answered"]
            edits = [event for event in after if event.event == "edit_proposed"]
        assert after[: len(recorded)] == recorded, "what was acknowledged is there"
        assert len(fleet.provider.requests) - before == len(answers) == len(FILES) + 2, "paid once each"
        assert max(Counter(edit.edit.path for edit in edits).values()) == 1
        for name in (*FILES, "test_all.py"):
            (folder / name).unlink()


@pytest.mark.parametrize("kills", many(2, 6, 60))
async def test_a_worker_killed_at_any_moment(make_fleet, make_owner, make_model, kills: int) -> None:
    chance = random.Random(kills)
    files = ("one.py", "two.py", "three.py", "four.py")
    fleet = await make_fleet(make_model(files, seconds=0.3, pace=40.0))
    working = [await fleet.worker(f"w{number}", "--at-once", "2", hasty=True) for number in range(2)]
    async with make_owner() as owner:
        for killed in range(2, kills + 2, 2):
            before = len(fleet.provider.requests)
            run_id = await owner.start()
            await fleet.provider.until_requests(before + chance.choice([1, 2, 3, 4]))
            for worker in working:
                await asyncio.sleep(chance.uniform(0.0, 0.4))
                worker.kill()
            names = (f"w{killed + number}" for number in range(2))
            working = await asyncio.gather(
                *(fleet.worker(name, "--at-once", "2", hasty=True) for name in names)
            )
            status = await owner.end(run_id)
            answers = await owner.events(run_id, "model_answered")
            edits = await owner.events(run_id, "edit_proposed")
            assert set(status.files) == {*files, "test_all.py"}, status.summary
            assert len(answers) == len(files) + 2
            assert max(Counter(edit.edit.path for edit in edits).values()) == 1
            asked_twice = len(fleet.provider.requests) - before - len(answers)
            assert asked_twice <= 4, "each call under way is made once more"
            for name in status.files:
                (owner.folder / name).unlink()
