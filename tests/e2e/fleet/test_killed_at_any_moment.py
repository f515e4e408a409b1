"""Owner and workers are killed at any moment: nothing acknowledged is lost, no effect is doubled."""

import asyncio
import random
import signal
import time
from collections import Counter

import pytest

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow]
FILES = ("one.py", "two.py")
ROUNDS = [pytest.param(6, id="6 times"), pytest.param(200, id="200 times", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_an_owner_killed_at_any_moment(  # noqa: PLR0917
    make_fleet, make_owner, make_model, start_orchestra, folder, rounds: int
) -> None:
    chance = random.Random(rounds)
    fleet = await make_fleet(make_model(FILES, seconds=0.2, pace=80.0))
    await fleet.worker("w1", "--at-once", "4")
    environ = fleet.environ(
        ORCHESTRA_REDIS_URL=fleet.redis.url, ORCHESTRA_TEST_COMMAND="true", ORCHESTRA_SANDBOX="off"
    )
    for _ in range(rounds):
        before = len(fleet.provider.requests)
        killed = await start_orchestra("run", "some parts", "--workspace", str(folder), environ=environ)
        await asyncio.wait_for(fleet.provider.until_requests(before + chance.choice([1, 2, 3, 4])), 30)
        await asyncio.sleep(chance.uniform(0.0, 0.6))
        if killed.returncode is None:
            killed.send_signal(signal.SIGKILL)
        await killed.communicate()
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


@pytest.mark.parametrize(
    "rounds", [pytest.param(2, id="2 times"), pytest.param(20, id="20 times", marks=pytest.mark.soak)]
)
async def test_a_worker_killed_at_any_moment(make_fleet, make_owner, make_model, rounds: int) -> None:
    chance = random.Random(rounds)
    fleet = await make_fleet(make_model(FILES, seconds=0.3, pace=40.0))
    working = await fleet.worker("w0", "--at-once", "4")
    async with make_owner() as owner:
        for round_ in range(rounds):
            before = len(fleet.provider.requests)
            run_id = await owner.start()
            await fleet.provider.until_requests(before + chance.choice([1, 2, 3]))
            await asyncio.sleep(chance.uniform(0.0, 0.8))
            working.kill()
            working = await fleet.worker(f"w{round_ + 1}", "--at-once", "4")
            status = await owner.end(run_id)
            answers = await owner.events(run_id, "model_answered")
            edits = await owner.events(run_id, "edit_proposed")
            assert set(status.files) == {*FILES, "test_all.py"}, status.summary
            assert len(answers) == len(FILES) + 2
            assert max(Counter(edit.edit.path for edit in edits).values()) == 1
            asked_twice = len(fleet.provider.requests) - before - len(answers)
            assert asked_twice <= len(FILES), "each call under way is made once more"
            for name in status.files:
                (owner.folder / name).unlink()
