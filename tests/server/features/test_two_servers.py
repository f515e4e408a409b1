"""Two servers on one folder: one owns its log, the other looks on and takes over when the owner has ended."""

import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

ENDLESS = {"tasks": 1, "seconds": 60}
SHORT = {"tasks": 1, "seconds": 0}


async def owner_and_follower(start_editor: Any) -> tuple[Any, Any, str]:
    """An owner with a run under way, and a second server whose first command was refused."""
    owner = await start_editor()
    run_id = (await owner.command("simulateTask", ENDLESS))["runId"]

    async def works() -> bool:
        return bool(await owner.phase(run_id) == "working")

    await owner.eventually(works)
    follower = await start_editor()
    assert f"in use by process {owner.process.pid}" in await refusal(follower, "simulateTask", SHORT)
    return owner, follower, run_id


async def refusal(editor: Any, command: str, arguments: Any) -> str:
    with pytest.raises(Exception, match="in use by process") as refused:
        await editor.command(command, arguments)
    return str(refused.value)


async def test_the_second_server_looks_on_and_says_why_it_does_nothing(start_editor: Any) -> None:
    owner, follower, run_id = await owner_and_follower(start_editor)
    for command, arguments in (
        ("startProject", "a notes app"),
        ("simulateTask", SHORT),
        ("resume", {"runId": run_id}),
    ):
        said = await refusal(follower, command, arguments)
        assert "\n" not in said
        assert "until that ends, runs can be looked at here" in said
    (status,) = (await follower.command("status"))["runs"]
    assert (status["runId"], status["phase"]) == (run_id, "working")
    assert (await follower.command("status", {"runId": run_id}))["runs"] == [status]
    (health,) = (await follower.command("health"))["workspaces"]
    assert health["database"] == f"followed: in use by process {owner.process.pid}"
    assert health["runs"] == 1
    assert len(follower.messages()) == 1
    assert await owner.phase(run_id) == "working"


@pytest.mark.parametrize("way", ["normal", "kill -9"])
async def test_the_second_server_takes_over_when_the_first_has_ended(start_editor: Any, way: str) -> None:
    owner, follower, run_id = await owner_and_follower(start_editor)
    if way == "normal":
        await owner.ask("shutdown", None)
        owner.notify("exit", None)
    else:
        owner.process.send_signal(signal.SIGKILL)
    await owner.process.wait()
    ended = time.monotonic()
    offered = await follower.until(lambda message: "was interrupted" in str(message.get("params")), seconds=10)
    assert time.monotonic() - ended < 5
    assert run_id in offered["params"]["message"]
    assert sum("can be worked on here now" in message for message in follower.messages()) == 1
    resumed = await follower.command("resume", {"runId": run_id})
    assert resumed["runId"] == run_id
    await follower.eventually(lambda: still(follower, run_id, "working"))
    await follower.command("stop", {"runId": run_id})
    await follower.ended(run_id)
    (health,) = (await follower.command("health"))["workspaces"]
    assert (health["database"], health["notices"]) == ("open", [])


async def still(editor: Any, run_id: str, phase: str) -> bool:
    return bool(await editor.phase(run_id) == phase)


async def test_the_second_server_refuses_at_once_wherever_the_log_is(start_editor: Any) -> None:
    elsewhere = {"ORCHESTRA_DATA_FOLDER": ".records"}
    owner = await start_editor(environ=elsewhere)
    run_id = (await owner.command("simulateTask", ENDLESS))["runId"]
    await owner.eventually(lambda: still(owner, run_id, "working"))
    assert (owner.root / ".records").is_dir()
    follower = await start_editor(environ=elsewhere)
    assert f"in use by process {owner.process.pid}" in await refusal(follower, "simulateTask", SHORT)
    assert not (owner.root / ".orchestra").exists()
    await owner.command("stop", {"runId": run_id})
    await owner.ended(run_id)


async def test_a_damaged_run_does_not_hide_the_others_from_who_looks_on(start_editor: Any) -> None:
    owner = await start_editor()
    damaged = (await owner.command("simulateTask", SHORT))["runId"]
    await owner.ended(damaged)
    run_id = (await owner.command("simulateTask", ENDLESS))["runId"]
    await owner.eventually(lambda: still(owner, run_id, "working"))
    with closing(sqlite3.connect(owner.root / ".orchestra" / "orchestra.db")) as log:
        log.execute("DELETE FROM events WHERE run_id = ? AND version = 2", (damaged,))
        log.commit()
    follower = await start_editor()
    await refusal(follower, "simulateTask", SHORT)
    (status,) = (await follower.command("status"))["runs"]
    assert status["runId"] == run_id
    await owner.command("stop", {"runId": run_id})
    await owner.ended(run_id)


async def test_a_follower_that_ends_first_leaves_the_owner_alone(start_editor: Any) -> None:
    owner, follower, run_id = await owner_and_follower(start_editor)
    await follower.ask("shutdown", None)
    follower.notify("exit", None)
    await follower.process.wait()
    assert await owner.phase(run_id) == "working"
    await owner.command("stop", {"runId": run_id})
    await owner.ended(run_id)
