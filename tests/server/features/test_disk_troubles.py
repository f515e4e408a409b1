"""An editor whose log meets a full disk, a vanished folder or damage: it is told, and all else goes on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REHEARSAL = {"tasks": 2, "seconds": 0}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    yield disk
    # the server, which has files open there, is ended after this
    subprocess.run(["umount", "--lazy", disk], check=True)


async def rehearsed(editor: Any) -> str:
    """Start a rehearsal and return how it ended, which the person is told too."""
    run_id = (await editor.command("simulateTask", REHEARSAL))["runId"]
    await editor.until(lambda message: progress_ended(message, f"orchestra/{run_id}"))
    (run,) = (one for one in (await editor.command("status"))["runs"] if one["runId"] == run_id)
    await editor.until(lambda message: told(message, run["summary"]))
    return str(run["summary"])


def progress_ended(message: dict[str, Any], token: str) -> bool:
    if message.get("method") != "$/progress" or message["params"]["token"] != token:
        return False
    return bool(message["params"]["value"]["kind"] == "end")


def told(message: dict[str, Any], text: str) -> bool:
    return message.get("method") == "window/showMessage" and text in message["params"]["message"]


@pytest.mark.needs("tmpfs")
async def test_on_a_full_disk_a_run_ends_with_the_reason_and_later_ones_work(
    start_editor: Any, small_disk: Path
) -> None:
    editor = await start_editor(environ={"ORCHESTRA_DATA_FOLDER": str(small_disk / "log")})
    assert "no file was touched" in await rehearsed(editor)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    for _ in range(40):
        said = await rehearsed(editor)
        if "disk is full" in said:
            break
    assert "the disk is full: nothing was stored in" in said
    assert "free some space" in said
    assert (await editor.command("health"))["workspaces"][0]["database"] == "open"
    filler.unlink()
    assert "no file was touched" in await rehearsed(editor)
    assert (await editor.command("dbCheck"))["sound"]


async def test_a_deleted_data_folder_is_told_and_the_editor_is_answered(start_editor: Any) -> None:
    editor = await start_editor()
    await rehearsed(editor)
    shutil.rmtree(editor.root / ".orchestra")
    assert "was moved or deleted while in use: start again to begin a new log" in await rehearsed(editor)
    assert (await editor.command("health"))["activeRuns"] == []
    with pytest.raises(Exception, match="there is no run log at"):
        await editor.command("dbStatus")


async def test_a_log_that_was_damaged_is_restored_at_the_start_and_that_is_told(start_editor: Any) -> None:
    first = await start_editor()
    await rehearsed(first)
    await first.command("dbBackup")
    await first.ask("shutdown", None)
    first.notify("exit", None)
    await first.process.wait()
    path = first.root / ".orchestra" / "orchestra.db"
    os.truncate(path, path.stat().st_size // 2)
    editor = await start_editor()
    assert "no file was touched" in await rehearsed(editor)
    (told,) = (message for message in editor.messages() if "was damaged" in message)
    assert "The log goes up to its event" in told or "the log goes up to its event" in told
    (health,) = (await editor.command("health"))["workspaces"]
    assert health["notices"] == [told.removeprefix("Orchestra: ")]
    assert health["runs"] == 2
    assert (await editor.command("dbCheck"))["sound"]
    assert len((await editor.command("dbStatus"))["setAside"]) == 1
