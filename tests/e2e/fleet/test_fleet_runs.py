"""Runs whose model calls are made by worker processes: whole, shared, cancelled, lost and taken up again."""

import asyncio
import json
import signal
import time

import pytest

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow]
FILES = ("one.py", "two.py", "three.py", "test_all.py")


async def test_a_run_is_made_by_a_fleet_and_each_answer_is_paid_once(
    make_fleet, make_owner, make_model
) -> None:
    fleet = await make_fleet(make_model(seconds=0.3))
    await fleet.worker("w1", "--at-once", "2")
    await fleet.worker("w2", "--at-once", "2")
    async with make_owner() as owner:
        run_id = await owner.start()
        status = await owner.end(run_id)
        answers = await owner.events(run_id, "model_answered")
        members = {one.name: one.facts["done"] for one in await owner.transport.bus.roster.members()}
    assert sorted(status.files) == sorted(FILES), status.summary
    assert len(fleet.provider.requests) == len(answers) == 5
    assert all(answer.provider == "openai" for answer in answers)
    assert set(members) == {"w1", "w2"}
    assert fleet.redis_is_clean()


async def test_a_worker_killed_midway_is_noticed_and_its_call_made_once_more(
    make_fleet, make_owner, make_model
) -> None:
    fleet = await make_fleet(make_model(["one.py"], pace=30.0))
    first = await fleet.worker("w1", hasty=True)
    async with make_owner() as owner:
        run_id = await owner.start()
        await fleet.provider.until_requests(2)
        await asyncio.sleep(0.5)
        first.kill()
        killed = time.monotonic()
        await fleet.worker("w2", hasty=True)
        await fleet.provider.until_requests(3)
        noticed = time.monotonic() - killed
        status = await owner.end(run_id)
        answers = await owner.events(run_id, "model_answered")
        edits = await owner.events(run_id, "edit_proposed")
    assert set(status.files) == {"one.py", "test_all.py"}, status.summary
    assert len(fleet.provider.requests) == 4, "the plan, the lost call, that call once more, and the tests"
    assert [answer.task_id for answer in answers].count("one") == 1
    assert [edit.edit.path for edit in edits].count("one.py") == 1
    assert (owner.folder / "one.py").read_text().count("VALUE_11 = 11") == 1
    assert noticed < 12


async def test_stopping_closes_the_workers_connection_within_a_second(
    make_fleet, make_owner, make_model
) -> None:
    fleet = await make_fleet(make_model(seconds=60.0))
    await fleet.worker("w1")
    async with make_owner() as owner:
        run_id = await owner.start()
        await fleet.provider.until_requests(2)
        asked = time.monotonic()
        await owner.engine.stop(run_id, "the test stops it")
        await asyncio.wait_for(fleet.provider.until_disconnects(len(fleet.provider.requests) - 1), 5)
        took = time.monotonic() - asked
        assert (await owner.end(run_id)).phase == "stopped"
    assert took < 1.0


async def test_an_owner_killed_midway_takes_the_finished_answer_when_it_comes_back(
    make_fleet, make_owner, make_model, start_orchestra, folder
) -> None:
    fleet = await make_fleet(make_model(["one.py"], seconds=1.5))
    await fleet.worker("w1")
    environ = fleet.environ(ORCHESTRA_REDIS_URL=fleet.redis.url, ORCHESTRA_TEST_COMMAND="true")
    words = ("run", "some parts", "--workspace", str(folder))
    killed = await start_orchestra(*words, environ=environ)
    await fleet.provider.until_requests(2)
    killed.send_signal(signal.SIGKILL)
    await killed.communicate()
    await asyncio.sleep(2.5)
    assert not (folder / "one.py").exists()
    async with make_owner() as owner:
        (interrupted,) = await owner.engine.interrupted()
        begun = time.monotonic()
        await owner.engine.reopen(interrupted.run_id)
        status = await owner.end(interrupted.run_id)
        resumed = time.monotonic() - begun
        answers = await owner.events(interrupted.run_id, "model_answered")
    assert set(status.files) == {"one.py", "test_all.py"}, status.summary
    assert len(fleet.provider.requests) == 3, "nothing was paid again"
    assert len(answers) == 3
    assert resumed < 5


async def test_a_worker_that_is_asked_to_end_finishes_what_it_has(make_fleet, make_owner, make_model) -> None:
    fleet = await make_fleet(make_model(["one.py"], seconds=1.0))
    worker = await fleet.worker("w1")
    async with make_owner() as owner:
        run_id = await owner.start()
        await fleet.provider.until_requests(2)
        assert await worker.end() == 0
        await fleet.worker("w2")
        assert "one.py" in (await owner.end(run_id)).files
    assert len(fleet.provider.requests) == 3


async def test_the_fleet_can_be_looked_at(make_fleet, start_orchestra) -> None:
    fleet = await make_fleet(lambda asked: None)
    await fleet.worker("w1", "--at-once", "3")
    looking = await start_orchestra("fleet", "status", "--redis", fleet.redis.url, environ=fleet.environ())
    said, _ = await looking.communicate()
    assert "1 worker\n" in said.decode()
    assert "w1: asks openai; 0 of 3 places busy, 0 calls made" in said.decode()
    looking = await start_orchestra(
        "fleet", "status", "--json", environ=fleet.environ(ORCHESTRA_REDIS_URL=fleet.redis.url)
    )
    said, _ = await looking.communicate()
    assert json.loads(said)["workers"][0]["name"] == "w1"


async def test_a_worker_without_a_key_and_one_with_a_taken_name_say_so(make_fleet, start_orchestra) -> None:
    fleet = await make_fleet(lambda asked: None)
    await fleet.worker("w1")
    keyless = {name: value for name, value in fleet.environ().items() if not name.startswith("OPENAI")}
    poor = await start_orchestra("worker", "--redis", fleet.redis.url, environ=keyless)
    _, said = await poor.communicate()
    assert (poor.returncode, b"set a key (ANTHROPIC_API_KEY, OPENAI_API_KEY" in said) == (2, True), said
    twin = await start_orchestra("worker", "--redis", fleet.redis.url, "--name", "w1", environ=fleet.environ())
    _, said = await twin.communicate()
    assert (twin.returncode, b"another worker of the name 'w1'" in said) == (1, True), said


@pytest.mark.parametrize("words", [("run", "x", "--workspace"), ("worker",), ("fleet", "status")])
async def test_a_redis_that_is_away_is_an_error_with_the_mend(
    make_fleet, start_orchestra, folder, words: tuple[str, ...]
) -> None:
    fleet = await make_fleet(lambda asked: None)
    fleet.redis.stop()
    environ = fleet.environ(ORCHESTRA_REDIS_URL=fleet.redis.url)
    more = (str(folder),) if words[0] == "run" else ()
    failing = await start_orchestra(*words, *more, environ=environ)
    _, said = await asyncio.wait_for(failing.communicate(), 20)
    assert failing.returncode == 1
    assert b"cannot be used" in said and b"Start it, correct ORCHESTRA_REDIS_URL" in said, said
    assert not (folder / ".orchestra").exists()
