"""`orchestra runs list | show | replay | diff | verify`, on a log with runs in it; nothing is ever changed."""

import errno
import hashlib
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.session_events import SESSIONS, RunArchived
from codecompanion.memory import beside

Events = Any


def fingerprint(folder: Path) -> str:
    return hashlib.sha256((folder / ".orchestra" / "orchestra.db").read_bytes()).hexdigest()


@pytest.fixture
def two_runs(folder: Any, small_run: Events) -> Any:
    folder.add("run-aaa", small_run(), at=1_700_000_000.0)
    folder.add("run-bbb", small_run("def add(a, b):\n    return sum((a, b))\n", request="an adder by sum"))
    return folder


def test_a_folder_without_a_log_is_said_to_be_so_and_stays_without(folder: Any) -> None:
    ran = folder.runs("list")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no run log at" in ran.err
    assert list(folder.path.iterdir()) == []


def test_a_log_of_another_user_is_said_to_be_closed(two_runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Mock(side_effect=PermissionError(errno.EACCES, "Permission denied"))
    monkeypatch.setattr(beside, "refuse_links", closed)
    ran = two_runs.runs("list")
    assert (ran.code, ran.out) == (2, "")
    assert f"the run log in {two_runs.path / '.orchestra'} cannot be read: Permission denied; make" in ran.err
    assert ran.err.count("\n") == 1


def test_runs_are_listed_oldest_first_with_what_came_of_them(two_runs: Any) -> None:
    before = fingerprint(two_runs.path)
    ran = two_runs.runs("list")
    assert ran.code == 0
    head, first, second = ran.out.splitlines()
    assert head.split() == ["run", "begun", "state", "tests", "cost", "what", "was", "asked"]
    assert first.startswith("run-aaa  2023-11-1")
    assert first.endswith("done   2 passed, 0 failed  $0.0100  an adder")
    assert second.startswith("run-bbb")
    runs = two_runs.runs("list", "--json").json["runs"]
    assert [(run["runId"], run["state"], run["events"], run["files"]) for run in runs] == [
        ("run-aaa", "done", 13, 1),
        ("run-bbb", "done", 13, 1),
    ]
    assert fingerprint(two_runs.path) == before


def test_a_run_is_named_by_its_beginning_and_the_newest_is_the_default(two_runs: Any) -> None:
    assert "run-bbb" in two_runs.runs("replay").out
    assert "run-bbb" in two_runs.runs("replay", "--last").out
    assert "run-aaa" in two_runs.runs("replay", "aaa").out
    ran = two_runs.runs("show", "run-")
    assert (ran.code, "several runs begin with" in ran.err) == (2, True)
    assert "unknown run 'nope'; known: run-aaa, run-bbb" in two_runs.runs("show", "nope").err


def test_what_happened_is_told_in_sentences(two_runs: Any) -> None:
    lines = two_runs.runs("show", "aaa").out.splitlines()
    assert len(lines) == 13
    assert lines[0].endswith("The run was started (project): “an adder”")
    assert lines[8].endswith("local/m answered “FILE: calc.py” (10 tokens in, 5 out, for $0.0100)")
    assert lines[12].endswith("The run ended (done): 1 file written.")


@pytest.mark.parametrize(
    ("options", "versions"),
    [
        (["--agent", "codegenerator"], [3, 4, 5, 6, 7, 9, 10]),
        (["--agent", "user"], [1]),
        (["--type", "edit_settled"], [8]),
        (["--type", "edit_settled", "--type", "plan_made"], [2, 8]),
        (["--task", "code"], [3, 4, 5, 7, 9, 10]),
        (["--correlation", "run-aaa", "--type", "run_started"], [1]),
        (["--correlation", "other"], []),
        (["--since", "1999-01-01T00:00:00Z"], list(range(1, 14))),
        (["--until", "1999-01-01T00:00:00Z"], []),
    ],
)
def test_only_what_was_asked_for_is_told(two_runs: Any, options: list[str], versions: list[int]) -> None:
    events = two_runs.runs("show", "aaa", "--json", *options).json["events"]
    assert [event["version"] for event in events] == versions


def test_an_unknown_type_is_refused_with_the_nearest(two_runs: Any) -> None:
    ran = two_runs.runs("show", "aaa", "--type", "edit_setled")
    assert (ran.code, "did you mean 'edit_settled'?" in ran.err) == (2, True)


def test_a_run_is_shown_as_it_was(two_runs: Any) -> None:
    ran = two_runs.runs("replay", "aaa", "--to", "7")
    assert "Run run-aaa after event 7 of 13" in ran.out
    assert "running  code  CodeGenerator: Write the adder" in ran.out
    assert "Tests: none had run" in ran.out
    seen = two_runs.runs("replay", "aaa", "--to", "7", "--json", "--full").json
    (document,) = seen["documents"]
    assert document["text"] == "def add(a, b):\n    return a - b\n"
    assert document["sha256"] == hashlib.sha256(document["text"].encode()).hexdigest()
    later = two_runs.runs("replay", "aaa", "--to", "8", "--json", "--full").json["documents"][0]
    assert (later["text"], later["byAgents"]) == ("def add(a, b):\n    return a + b\n", True)
    assert two_runs.runs("replay", "aaa", "--to", "2023-11-15T00:00:00Z", "--json").json["version"] == 13
    assert two_runs.runs("replay", "aaa", "--to", "99").code == 2


def test_documents_are_written_into_a_new_folder_only(two_runs: Any, tmp_path: Path) -> None:
    target = tmp_path / "then"
    assert two_runs.runs("replay", "aaa", "--to", "6", "--files", str(target)).code == 0
    assert (target / "calc.py").read_text() == "def add(a, b):\n    return a - b\n"
    assert not (two_runs.path / "calc.py").exists()
    for used in (target, two_runs.path, two_runs.data):
        ran = two_runs.runs("replay", "aaa", "--files", str(used))
        assert ran.code == 2, used
    assert (target / "calc.py").read_text() == "def add(a, b):\n    return a - b\n"


def test_two_runs_are_compared(two_runs: Any) -> None:
    ran = two_runs.runs("diff", "aaa", "bbb")
    assert "-    return a + b\n+    return sum((a, b))\n" in ran.out
    assert "request" in ran.out
    found = two_runs.runs("diff", "aaa", "bbb", "--json").json
    measures = {one["measure"]: (one["one"], one["other"]) for one in found["measures"]}
    assert measures["request"] == ("an adder", "an adder by sum")
    assert measures["cost"] == ("$0.0100", "$0.0100")
    assert [file["path"] for file in found["files"]] == ["calc.py"]
    assert two_runs.runs("diff", "aaa", "aaa", "--json").json["files"] == []
    assert two_runs.runs("diff", "--json").json == found


def test_a_sound_log_is_proved_and_every_kind_of_damage_is_found(two_runs: Any, small_run: Events) -> None:
    ran = two_runs.runs("verify")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Nothing was altered or lost.")
    assert "run-aaa: in order, 13 events" in ran.out
    two_runs.sql(
        "UPDATE events SET body = replace(body, 'adder', 'udder') WHERE run_id = 'run-aaa' AND version = 1"
    )
    ran = two_runs.runs("verify")
    assert (ran.code, "run-aaa: run 'run-aaa': event 1 was altered" in ran.out) == (1, True)
    assert "run-bbb: in order" in ran.out
    assert two_runs.runs("verify", "bbb").code == 0
    assert two_runs.runs("verify", "aaa").code == 1
    two_runs.sql("DELETE FROM events WHERE run_id = 'run-aaa'")
    ran = two_runs.runs("verify")
    assert (ran.code, "13 events are gone from the log" in ran.out) == (1, True)


def test_the_end_of_a_run_cannot_be_cut_off_unseen(two_runs: Any) -> None:
    two_runs.sql("DELETE FROM events WHERE run_id = 'run-bbb' AND version > 10")
    ran = two_runs.runs("verify")
    assert (ran.code, "3 events are gone from the log" in ran.out) == (1, True)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM events WHERE run_id = 'run-aaa' AND version = 4", "has lost events"),
        ("DELETE FROM events WHERE run_id = 'run-aaa' AND version = 1", "has lost events"),
        ("UPDATE events SET body = '{\"event\":' WHERE run_id = 'run-aaa' AND version = 4", "run-aaa"),
        (
            "UPDATE events SET body = '{\"event\":\"coffee_made\"}' WHERE run_id = 'run-aaa' AND version = 4",
            "coffee_made",
        ),
        ("DELETE FROM events WHERE run_id = 'run-aaa' AND version = 13", ""),
        (
            "UPDATE events SET body = replace(body, 'e1', 'e9') WHERE run_id = 'run-aaa' AND version = 8",
            "cannot be followed",
        ),
    ],
)
def test_a_damaged_run_is_listed_with_its_reason_and_leaves_the_others_alone(
    two_runs: Any, damage: str, said: str
) -> None:
    two_runs.sql(damage)
    ran = two_runs.runs("list", "--json")
    runs = {run["runId"]: run for run in ran.json["runs"]}
    assert runs["run-bbb"]["state"] == "done"
    assert runs["run-aaa"]["state"] == ("damaged" if said else "open")
    assert said in runs["run-aaa"]["damage"]
    assert two_runs.runs("replay").code == 0
    if said:
        assert two_runs.runs("replay", "run-aaa").code in (1, 2)


def test_texts_cannot_steer_a_terminal(folder: Any, small_run: Events) -> None:
    nasty = "\x1b]0;owned\x07\x1b[2J<script>\u202eevil\x00\x9b31m"
    folder.add("run-aaa", small_run(request=nasty))
    for command in (["list"], ["show"], ["replay"], ["replay", "--full"], ["diff", "aaa", "aaa"], ["verify"]):
        out = folder.runs(*command).out
        assert not any(char in out for char in "\x1b\x07\x00\x9b\u202e"), command
        assert folder.runs(*command, "--json").out.isascii()


async def test_everything_readable_works_while_another_process_owns_the_log(
    two_runs: Any, small_run: Events
) -> None:
    import asyncio

    async with two_runs.store() as store:
        await store.append("run-ccc", 0, small_run(request="newer"))
        for command in (["list"], ["show"], ["replay"], ["diff", "aaa", "bbb"], ["verify"]):
            ran = await asyncio.to_thread(two_runs.runs, *command)
            assert ran.code == 0, (command, ran.err)
        assert "newer" in (await asyncio.to_thread(two_runs.runs, "list")).out
        ran = await asyncio.to_thread(two_runs.runs, "rename", "run-ccc", "x")
        assert (ran.code, "in use by process" in ran.err) == (2, True)


def test_archived_runs_are_shown_when_asked_for(two_runs: Any) -> None:
    two_runs.add(SESSIONS, [RunArchived(run_id="run-aaa")])
    assert [run["runId"] for run in two_runs.runs("list", "--json").json["runs"]] == ["run-bbb"]
    assert len(two_runs.runs("list", "--all", "--json").json["runs"]) == 2
    assert isinstance(two_runs.read("run-aaa")[0].body, e.RunStarted)
