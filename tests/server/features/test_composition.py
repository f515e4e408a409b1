"""The parts put together: without an editor, with changed settings, and with a listener that is too slow."""

import asyncio
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.events import Context, Recorded, RunPaused
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.server.bootstrap import headless, open_gateway
from codecompanion.server.events import closing_message
from codecompanion.server.settings.model import RoleModels, Settings
from codecompanion.server.settings.secret import Secret
from codecompanion.server.shared import Shared


async def test_a_headless_run_writes_to_disk_and_is_logged_beside_it(tmp_path: Path) -> None:
    async with headless(Settings(), tmp_path) as workspace:
        order = RunOrder(kind="project", request="an API service for notes with title", workspace=str(tmp_path))
        run_id = await workspace.engine.start(order)
        status = await workspace.engine.wait(run_id)
    assert status.phase == "done"
    assert status.tests_passed
    assert all((tmp_path / path).exists() for path in status.files)
    assert (tmp_path / ".orchestra" / "orchestra.db").exists()
    async with headless(Settings(), tmp_path) as workspace:
        assert await workspace.engine.interrupted() == []


async def test_a_folder_whose_log_cannot_live_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".orchestra").write_text("")
    with pytest.raises(WorkspaceError, match="a file stands where the folder should be"):
        async with headless(Settings(), tmp_path):
            pass


def test_the_settings_reach_the_models() -> None:
    key = Secret("sk-" + "x" * 30)
    settings = Settings(
        anthropic_api_key=key,
        local_base_url="http://127.0.0.1:9/v1",
        local_model="small",
        models=RoleModels(debugger="local/other"),
    )
    gateway = open_gateway(settings)
    assert str(gateway.choice(Role.PROJECT_MANAGER)).startswith("anthropic/")
    assert str(gateway.choice(Role.DEBUGGER)) == "local/other"
    states = {state.provider: state.configured for state in gateway.states()}
    assert (states["anthropic"], states["local"], states["openai"]) == (True, True, False)
    assert open_gateway(Settings(offline=True, anthropic_api_key=key)).uses_offline(Role.PROJECT_MANAGER)


async def test_changed_settings_are_used_from_the_next_call_on() -> None:
    shared = Shared(Settings())
    assert not {s.provider: s.configured for s in shared.gateway.states()}["openai"]
    shared.adopt(Settings(openai_api_key=Secret("sk-" + "x" * 30)))
    assert {s.provider: s.configured for s in shared.gateway.states()}["openai"]
    await shared.close()


async def test_a_listener_that_was_too_slow_is_told_and_goes_on() -> None:
    shared = Shared(Settings())
    heard: list[int] = []
    lags: list[int] = []
    following = asyncio.create_task(
        shared.follow(lambda one: heard.append(one.position), lambda: lags.append(len(heard)))
    )
    await asyncio.sleep(0)
    for position in range(3_000):
        context = Context(correlation_id="r")
        shared.bus.publish(
            Recorded(run_id="r", version=1, position=position, at=0.0, body=RunPaused(), context=context)
        )
    for _ in range(3_000):
        await asyncio.sleep(0)
    assert len(lags) == 1
    assert heard[-1] == 2_999
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await shared.close()


def status(**changes: object) -> RunStatus:
    whole = {
        "run_id": "r",
        "kind": "change",
        "request": "x",
        "workspace": "/w",
        "phase": "done",
        "percent": 100,
        "text": "",
        "summary": "2 files written.",
    }
    return RunStatus.model_validate(whole | changes)


def test_the_last_message_says_what_is_left_to_do() -> None:
    assert closing_message(status()) == "Orchestra: 2 files written."
    assert closing_message(status(), unsaved=1).endswith("1 of them is open and not saved yet.")
    assert closing_message(status(), unsaved=2).endswith("2 of them are open and not saved yet.")
    many = status(failed_edits=tuple(f"{n}.py: no" for n in range(7)))
    said = closing_message(many)
    assert "0.py: no; 1.py: no" in said
    assert said.endswith("4.py: no and 2 more.")
