"""The editor's settings, pulled or pushed: wrong ones are told once and change nothing."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from codecompanion.server.editor.editor_settings import EditorSettings
from codecompanion.server.wire.capabilities import ClientFeatures


class Client:
    """The side of the server that the settings talk to."""

    def __init__(self, answer: Any = None, initial: Any = None, **features: bool) -> None:
        self.client = ClientFeatures(**features)
        self.initialize_params = {"initializationOptions": initial}
        self.answer = answer
        self.asked: list[str] = []
        self.messages: list[str] = []

    async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
        self.asked.append(method)
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer]

    def notify(self, method: str, params: Any, **_: Any) -> None:
        self.messages.append(params["message"])


Make = Callable[..., EditorSettings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def settings(client: Client) -> EditorSettings:
        server: Any = client
        return EditorSettings(server, {}, tmp_path / "none.toml", is_anything_set=lambda *_: False)

    return settings


async def test_nothing_set_reads_nothing_until_a_run_needs_it(make: Make) -> None:
    settings = make(Client())
    read = []
    settings.changed = read.append
    await settings.start()
    assert read == []
    assert (await settings.now()).max_repairs == 3
    assert len(read) == 1


async def test_what_the_editor_says_when_asked_wins(make: Make) -> None:
    settings = make(Client({"maxRepairs": 1}, {"maxRepairs": 2}, configuration=True))
    await settings.start()
    assert (await settings.now()).max_repairs == 1


@pytest.mark.parametrize("answer", [None, JsonRpcException("no", -32601), TimeoutError("late")])
async def test_else_what_came_with_initialize(make: Make, answer: Any) -> None:
    settings = make(Client(answer, {"orchestra": {"maxRepairs": 2}}, configuration=True))
    await settings.start()
    assert (await settings.now()).max_repairs == 2


@pytest.mark.parametrize(
    ("pushed", "repairs"),
    [
        ({"orchestra": {"maxRepairs": 5}}, 5),
        ({"orchestra.maxRepairs": 5}, 5),
        ({"pylsp": {"plugins": {}}}, 2),
        ({}, 2),
        (None, 2),
    ],
)
async def test_pushed_settings_of_ours_are_taken_and_those_of_others_left(
    make: Make, pushed: Any, repairs: int
) -> None:
    client = Client(initial={"maxRepairs": 2})
    settings = make(client)
    await settings.start()
    await settings.update(pushed)
    assert (await settings.now()).max_repairs == repairs
    assert client.messages == []


async def test_wrong_settings_leave_the_last_good_ones(make: Make) -> None:
    client = Client({"maxRepairs": 1}, configuration=True)
    settings = make(client)
    changed: list[int] = []
    settings.changed = lambda now: changed.append(now.max_repairs)
    await settings.start()
    client.answer = {"maxRepairs": "many", "unheardOf": 1}
    await settings.update(None)
    assert (await settings.now()).max_repairs == 1
    assert len(settings.problems) == 2
    (message,) = client.messages
    assert "'orchestra.maxRepairs'" in message
    assert "'orchestra.unheardOf'" in message
    client.answer = {"maxRepairs": 4}
    await settings.update(None)
    assert settings.problems == []
    assert changed == [1, 4]


async def test_changes_are_asked_for_where_the_client_can_tell_of_them(make: Make) -> None:
    client = Client({}, configuration=True, dynamic_configuration=True)
    await make(client).start()
    assert client.asked == ["workspace/configuration", "client/registerCapability"]


async def test_a_run_right_behind_the_start_waits_for_what_the_editor_says(make: Make) -> None:
    class SlowClient(Client):
        async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
            await asyncio.sleep(0.1)
            return await super().request(method, params, timeout=timeout)

    settings = make(SlowClient({"maxRepairs": 1}, configuration=True))
    async with asyncio.TaskGroup() as group:
        group.create_task(settings.start())
        await asyncio.sleep(0.02)
        assert (await settings.now()).max_repairs == 1


async def test_settings_are_not_seen_before_they_are_read(tmp_path: Path) -> None:
    """The first reading takes its time in a thread: meanwhile the defaults are not the settings."""
    client: Any = Client()
    environ = {"ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:9/v1", "ORCHESTRA_MAX_REPAIRS": "7"}
    settings = EditorSettings(client, environ, tmp_path / "none.toml", is_anything_set=lambda *_: True)
    async with asyncio.TaskGroup() as group:
        started = group.create_task(settings.start())
        seen = []
        while not started.done():
            await asyncio.sleep(0.001)
            seen.append((await settings.now()).max_repairs)
    assert set(seen) <= {7}
    assert (await settings.now()).max_repairs == 7


async def test_libraries_that_log_whole_requests_are_quiet_again_after_debug(make: Make) -> None:
    before = logging.getLogger().level
    client = Client({"logLevel": "debug"}, configuration=True)
    settings = make(client)
    try:
        await settings.start()
        assert logging.getLogger("httpx").getEffectiveLevel() == logging.DEBUG
        client.answer = {"logLevel": "info"}
        await settings.update(None)
        assert logging.getLogger().level == logging.INFO
        assert logging.getLogger("httpx").getEffectiveLevel() == logging.WARNING
    finally:
        logging.getLogger().setLevel(before)
