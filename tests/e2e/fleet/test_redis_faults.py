"""Redis restarted, flushed and paused in the middle of runs: nothing lost, nothing doubled."""

import asyncio
import random
from collections import Counter

import pytest

from codecompanion.contracts.errors import BadRequest

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow]
FILES = ("one.py", "two.py")
FAULTS = ("restarted", "flushed", "paused")
ROUNDS = [pytest.param(2, id="2 times"), pytest.param(20, id="20 times", marks=pytest.mark.soak)]


async def strike(redis, fault: str, chance: random.Random) -> None:
    if fault == "restarted":
        redis.kill()
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        await asyncio.to_thread(redis.start)
    elif fault == "flushed":
        redis.flush()
    else:
        redis.pause()
        # shorter and longer than a silent connection is borne with, and than a worker's lease
        await asyncio.sleep(chance.choice([1.0, 3.0, 7.0]))
        redis.go_on()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("rounds", ROUNDS)
async def test_redis_fails_mid_run(make_fleet, make_owner, make_model, fault: str, rounds: int) -> None:
    chance = random.Random(f"{fault} {rounds}")
    fleet = await make_fleet(make_model(FILES, seconds=0.3, pace=60.0))
    for name in ("w1", "w2"):
        await fleet.worker(name, "--at-once", "4")
    paid_again = hits = 0
    async with make_owner() as owner:
        while hits < rounds:
            before = len(fleet.provider.requests)
            run_id = await owner.start("some parts")
            await fleet.provider.until_requests(before + chance.choice([1, 2, 3]))
            await asyncio.sleep(chance.uniform(0.0, 0.8))
            # a fault counts when calls of the run were still to be made or under way
            hits += len(await owner.events(run_id, "model_answered")) < len(FILES) + 2
            await strike(fleet.redis, fault, chance)
            status = await owner.end(run_id, 90)
            asked = len(fleet.provider.requests) - before
            answers = await owner.events(run_id, "model_answered")
            edits = await owner.events(run_id, "edit_proposed")
            assert status.phase in ("done", "red"), status.summary
            assert set(status.files) == {*FILES, "test_all.py"}, status.summary
            assert max(Counter(edit.edit.path for edit in edits).values()) == 1, "an edit was made twice"
            assert max(Counter(answer.task_id for answer in answers).values()) == 1
            assert len(answers) == len(FILES) + 2
            paid_again += asked - len(answers)
            for name in status.files:
                (owner.folder / name).unlink()
    if fault == "flushed":
        assert paid_again <= len(FILES) * rounds, "a flush costs at most the calls that were under way"
    else:
        assert paid_again == 0


async def test_runs_wait_while_redis_is_away_and_go_on_by_themselves(
    make_fleet, make_owner, make_model
) -> None:
    fleet = await make_fleet(make_model(FILES, seconds=1.0))
    await fleet.worker("w1")
    async with make_owner() as owner:
        run_id = await owner.start()
        await fleet.provider.until_requests(2)
        fleet.redis.kill()
        status = await owner.until(run_id, lambda status: status.phase == "paused")
        assert "cannot be used" in status.text and "Start it" in status.text
        with pytest.raises(BadRequest, match=r"Start it, correct ORCHESTRA_REDIS_URL"):
            await owner.start("another")
        await asyncio.sleep(1.0)
        assert owner.engine.status(run_id).phase == "paused"
        fleet.redis.start()
        status = await owner.end(run_id)
        assert "one.py" in status.files, status.summary
        assert len(owner.said) == 2 and "Runs wait until it is back" in owner.said[0]
        assert [one.body.event for one in await owner.recorded(run_id)].count("run_paused") == 1


async def test_a_run_the_person_paused_stays_paused_after_an_outage(make_fleet, make_owner, make_model) -> None:
    fleet = await make_fleet(make_model(FILES, seconds=1.0))
    await fleet.worker("w1")
    async with make_owner() as owner:
        run_id = await owner.start()
        await fleet.provider.until_requests(2)
        await owner.engine.pause(run_id)
        fleet.redis.kill()
        while owner.transport.bus.away is None:
            await owner.transport.bus.away_changed()
        fleet.redis.start()
        while owner.transport.bus.away is not None:
            await owner.transport.bus.away_changed()
        await asyncio.sleep(0.5)
        assert owner.engine.status(run_id).phase == "paused"
        await owner.engine.resume(run_id)
        assert "one.py" in (await owner.end(run_id)).files
