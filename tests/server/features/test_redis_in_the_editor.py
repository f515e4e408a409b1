"""An editor whose fleet's Redis goes and comes: the person is told once, and runs wait or are refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.own_redis import OwnRedis
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.problems import SettingsError

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    with OwnRedis() as server:
        yield server


async def rehearse(editor: Any, seconds: float = 0) -> str:
    run_id = (await editor.command("simulateTask", {"tasks": 2, "seconds": seconds}))["runId"]
    return str(run_id)


async def stands(editor: Any, run_id: str, phase: str) -> bool:
    return bool(await editor.phase(run_id) == phase)


@pytest.mark.slow
async def test_runs_are_refused_with_the_mend_until_redis_is_there(start_editor: Any, redis: OwnRedis) -> None:
    redis.stop()
    editor = await start_editor(environ={"ORCHESTRA_REDIS_URL": redis.url})
    for _ in range(2):
        said = await editor.ended(await rehearse(editor))
        assert f"the Redis at {redis.url} cannot be used" in said
        assert "Start it, correct ORCHESTRA_REDIS_URL" in said
        editor.seen.clear()
    redis.start()
    assert "no file was touched" in await editor.ended(await rehearse(editor))


@pytest.mark.slow
async def test_runs_wait_while_redis_is_away_and_go_on(start_editor: Any, redis: OwnRedis) -> None:
    editor = await start_editor(environ={"ORCHESTRA_REDIS_URL": redis.url})
    run_id = await rehearse(editor, seconds=3)
    await editor.eventually(lambda: stands(editor, run_id, "working"))
    redis.kill()
    await editor.eventually(lambda: stands(editor, run_id, "paused"))
    redis.start()
    said = await editor.ended(run_id)
    assert "no file was touched" in said
    told = [text for text in editor.messages() if "Redis" in text]
    assert len(told) == 2
    assert "Runs wait until it is back" in told[0]
    assert "the runs go on" in told[1]


def test_an_opened_folder_cannot_say_where_code_is_sent() -> None:
    with pytest.raises(SettingsError, match=r"'orchestra\.redisUrl' is not taken from the editor"):
        load_settings({"redisUrl": "redis://elsewhere"}, {}, None, keyring=lambda provider: None)


@pytest.mark.parametrize("given", ["localhost:6379", "redis://h/0?retry=1", "http://h"])
def test_a_wrong_address_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match=r"ORCHESTRA_REDIS_URL .*give an address such as 'redis://"):
        load_settings(None, {"ORCHESTRA_REDIS_URL": given}, None, keyring=lambda provider: None)
