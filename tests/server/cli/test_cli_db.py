"""`orchestra db`: every sub-command in a real process, for a person and for a program."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.events import StopRequested
from codecompanion.memory.database import Database
from codecompanion.memory.event_store import SqliteEventStore


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
async def logged(orchestra: Any, work: Path) -> Path:
    """A folder whose log has one run of three events."""
    store = await SqliteEventStore.open(work / ".orchestra", lambda: 1_700_000_000.0)
    await store.append("run-1", 0, [StopRequested(reason=str(n)) for n in range(3)])
    await store.close()
    return work


def test_without_a_log_everything_says_so(orchestra: Any) -> None:
    for command in (["status"], ["check"], ["backup"], ["vacuum"], ["rebuild"], ["export", "x.jsonl"]):
        ended = orchestra("db", *command)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "there is no run log at" in ended.stderr
        assert ended.stderr.count("\n") == 1


def test_a_person_is_told_in_lines(orchestra: Any, logged: Path) -> None:
    said = {}
    for command in ("status", "check", "backup", "vacuum", "rebuild"):
        ended = orchestra("db", command)
        assert (ended.returncode, ended.stderr) == (0, "")
        said[command] = ended.stdout
    assert "content    1 run, 3 events, the last at 2023-11-1" in said["status"]
    assert "backup     none yet" in said["status"]
    assert said["check"].startswith("Everything is sound: 1 run with 3 events")
    assert "Backup made: " in said["backup"]
    assert " won: " in said["vacuum"]
    assert said["rebuild"].startswith("The tables were made anew from 3 events")
    assert ": " + str(logged / ".orchestra" / "backups") in orchestra("db", "status").stdout


def test_a_program_gets_one_json_object(orchestra: Any, logged: Path) -> None:
    status = json.loads(orchestra("db", "status", "--json").stdout)
    assert (status["runs"], status["events"], status["owner"]) == (1, 3, None)
    assert json.loads(orchestra("db", "check", "--json").stdout)["sound"]
    export = json.loads(orchestra("db", "export", "log.jsonl", "--json").stdout)
    assert export["path"] == str(logged / "log.jsonl")
    assert len((logged / "log.jsonl").read_text().splitlines()) == export["events"] == 3
    refused = orchestra("db", "export", "log.jsonl")
    assert refused.returncode == 2
    assert "exists already" in refused.stderr
    assert orchestra("db", "export", "log.jsonl", "--force").returncode == 0


def test_an_altered_log_fails_the_check(orchestra: Any, logged: Path) -> None:
    database = Database.open(logged / ".orchestra", lambda: 0.0)
    database.writer.execute("UPDATE events SET at = 0 WHERE version = 2")
    database.close()
    ended = orchestra("db", "check", "--workspace", str(logged))
    assert ended.returncode == 1
    assert "The log was altered: run 'run-1': event 2 was altered." in ended.stdout


def test_beside_an_owner_only_looking_is_done(orchestra: Any, logged: Path) -> None:
    holding = (
        "import sys; from pathlib import Path; from codecompanion.memory.database import Database\n"
        "held = Database.open(Path(sys.argv[1]), lambda: 0.0); print('open', flush=True); sys.stdin.read()"
    )
    folder = str(logged / ".orchestra")
    with subprocess.Popen(
        [sys.executable, "-P", "-c", holding, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        for command in (["status"], ["check"], ["backup"], ["export", "log.jsonl"]):
            assert orchestra("db", *command).returncode == 0
        assert f"process {owner.pid} has it open" in orchestra("db", "status").stdout
        for command in ("vacuum", "rebuild"):
            ended = orchestra("db", command)
            assert (ended.returncode, ended.stdout) == (2, "")
            assert f"is in use by process {owner.pid}: close the other editor" in ended.stderr
