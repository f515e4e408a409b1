"""One run as one file: out and in again unaltered; and whatever a stranger puts into one does no harm."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.memory.whole_streams import StoredEvent
from codecompanion.server.runs.run_file import Bounds, read_run_file

Events = Any
FILE = "run-aaa.orchestra-run.jsonl"
SMALL = Bounds(lines=50, line_bytes=20_000, total_bytes=100_000)


@pytest.fixture
def exported(folder: Any, small_run: Events) -> Any:
    """A folder with a run and its file, the file's lines decoded in ``lines``."""
    folder.add("run-aaa", small_run())
    assert folder.runs("export").code == 0
    return folder


def lines_of(folder: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder.path / FILE).read_text().splitlines()]


def test_a_run_goes_out_and_comes_back_the_same_with_its_chain(exported: Any, tmp_path: Path) -> None:
    file = exported.path / FILE
    other = tmp_path / "other"
    other.mkdir()
    done = exported.runs("import", str(file), "--workspace", str(other), "--json").json
    assert done == {"runId": "run-aaa", "origin": "run-aaa", "events": 13, "ended": True}
    assert exported.runs("export", "--workspace", str(other), "--file", str(tmp_path / "again.jsonl")).code == 0
    assert (tmp_path / "again.jsonl").read_bytes() == file.read_bytes()
    assert exported.runs("verify", "--workspace", str(other)).code == 0
    shown = exported.runs("replay", "--workspace", str(other), "--full", "--json").json
    assert shown["documents"][0]["text"] == "def add(a, b):\n    return a + b\n"


def test_an_existing_run_is_never_overwritten_and_the_new_id_is_said(exported: Any) -> None:
    ran = exported.runs("import", FILE)
    assert "It was run-aaa where it came from; its chain was made anew." in ran.out
    runs = exported.runs("list", "--json").json["runs"]
    assert [run["state"] for run in runs] == ["done", "done"]
    assert runs[1]["origin"] == "run-aaa"
    assert exported.runs("verify").code == 0


def test_a_name_that_ends_in_gz_is_compressed_and_no_file_is_overwritten(exported: Any) -> None:
    assert exported.runs("export", "--file", "run.jsonl.gz").code == 0
    assert gzip.decompress((exported.path / "run.jsonl.gz").read_bytes()) == (exported.path / FILE).read_bytes()
    assert exported.runs("import", "run.jsonl.gz").code == 0
    ran = exported.runs("export", "run-aaa")
    assert (ran.code, "nothing is overwritten" in ran.err) == (2, True)


def test_a_run_that_had_not_ended_is_taken_in_and_never_gone_on_with(
    folder: Any, small_run: Events, tmp_path: Path
) -> None:
    folder.add("run-aaa", small_run(open_=True))
    folder.runs("export")
    other = tmp_path / "other"
    other.mkdir()
    ran = folder.runs("import", FILE, "--workspace", str(other))
    assert "It had not ended there; fork it to go on with it." in ran.out
    ran = folder.runs("resume", "run-aaa", "--workspace", str(other))
    assert (ran.code, "has ended already (stopped)" in ran.out) == (0, True)
    assert [path.name for path in other.iterdir()] == [".orchestra"]


def test_an_altered_run_is_not_exported(exported: Any) -> None:
    exported.sql("UPDATE events SET body = replace(body, 'adder', 'udder') WHERE version = 1")
    ran = exported.runs("export", "--file", "x")
    assert (ran.code, "cannot be exported" in ran.err) == (1, True)


# -- what strangers send


def relinked(lines: list[dict[str, Any]]) -> bytes:
    """Return a file whose chain is right, whatever is in it: a stranger can make that."""
    from codecompanion.contracts.events import Context
    from codecompanion.memory.chain import START, next_link, seal_of

    link = START.link
    for line in lines[1:]:
        context = seal_of(Context.model_validate(line["context"]))
        body = line["body"].encode("utf-8", "surrogatepass")
        link = next_link(link, lines[0]["runId"], line["version"], line["at"], body, seal=context)
        line["link"] = link.hex()
    lines[0] |= {"events": len(lines) - 1, "lastLink": link.hex()}
    return written(lines)


def written(lines: list[Any]) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode("utf-8", "surrogatepass")


def with_body(lines: list[Any], body: str, at: int = 1) -> bytes:
    lines[at]["body"] = body
    return relinked(lines)


def changed(lines: list[Any], number: int, **changes: Any) -> bytes:
    lines[number] |= changes
    return written(lines)


def swapped(lines: list[Any]) -> bytes:
    lines[3], lines[4] = lines[4], lines[3]
    return written(lines)


HOSTILE: dict[str, Callable[[list[Any]], bytes]] = {
    "nothing": lambda _: b"",
    "binary": lambda _: os.urandom(4_000),
    "a database": lambda _: b"SQLite format 3\0" + bytes(4_000),
    "no JSON": lambda _: b"hello\n",
    "a list": lambda _: b"[1, 2]\n",
    "another format": lambda lines: changed(lines, 0, format="tarball"),
    "a format of the future": lambda lines: changed(lines, 0, formatVersion=2),
    "no id": lambda lines: changed(lines, 0, runId=None),
    "a header alone": lambda lines: written(lines[:1]),
    "cut between lines": lambda lines: written(lines[:-2]),
    "cut within a line": lambda lines: written(lines)[:-40],
    "cut and counted anew": lambda lines: written([{**lines[0], "events": 5}, *lines[1:6]]),
    "a line twice": lambda lines: written([*lines[:4], lines[3], *lines[4:]]),
    "lines swapped": swapped,
    "a wrong link": lambda lines: changed(lines, 5, link="0" * 64),
    "a wrong last link": lambda lines: changed(lines, 0, lastLink="0" * 64),
    "an altered text": lambda lines: changed(lines, 1, body=lines[1]["body"].replace("adder", "udder")),
    "an altered time": lambda lines: changed(lines, 5, at=1.0),
    "an altered actor": lambda lines: changed(lines, 5, context={**lines[5]["context"], "actor": "root"}),
    "another run's id": lambda lines: changed(lines, 0, runId="run-zzz"),
    "versions from two on": lambda lines: relinked([lines[0], *lines[2:]]),
    "a version as text": lambda lines: changed(lines, 3, version="3"),
    "NaN as time": lambda lines: written(lines).replace(
        b'"version": 3, "at": ', b'"version": 3, "at": NaN, "x": '
    ),
    "a time beyond all calendars": lambda lines: changed(lines, 3, at=1e300),
    "a huge whole number as time": lambda lines: changed(lines, 3, at=10**400),
    "a negative time": lambda lines: changed(lines, 3, at=-5.0),
    "a giant line": lambda lines: changed(lines, 3, body="x" * 30_000),
    "too many lines": lambda lines: written([*lines, *([lines[1]] * 60)]),
    "too much in all": lambda lines: written([*lines, *([{**lines[1], "pad": "x" * 15_000}] * 8)]),
    "a gzip bomb": lambda lines: gzip.compress(b"{" * 50_000_000),
    "many small lines in a bomb": lambda lines: gzip.compress(b"{}\n" * 5_000_000),
    "a cut gzip": lambda lines: gzip.compress(written(lines))[:-20],
    "a broken gzip": lambda lines: b"\x1f\x8b" + os.urandom(500),
    "deep nesting": lambda _: b"[" * 15_000 + b"]" * 4_000 + b"\n",
    "deep nesting in an event": lambda lines: with_body(lines, "[" * 9_000),
    "an unknown event": lambda lines: with_body(lines, '{"event":"rm_rf"}', 3),
    "an unknown part of an event": lambda lines: with_body(
        lines, lines[1]["body"].replace('"event":', '"run":"rm -rf","event":')
    ),
    "an event of the log's own": lambda lines: with_body(
        lines, '{"event":"run_removed","runId":"run-bbb","reason":"x","events":1,"lastLink":""}', 3
    ),
    "an event out of order": lambda lines: with_body(lines, lines[8]["body"].replace("e1", "e9"), 3),
    "no beginning": lambda lines: with_body(lines, '{"event":"run_paused"}'),
    "half a character": lambda lines: with_body(lines, '{"event":"run_paused"}\ud83d', 3),
    "a context of another kind": lambda lines: changed(lines, 3, context="root"),
    "a priority that is none": lambda lines: changed(
        lines, 3, context={**lines[3]["context"], "priority": 999}
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_with_one_sentence_and_changes_nothing(
    exported: Any, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codecompanion.server.runs import sharing

    monkeypatch.setattr(sharing, "read_run_file", lambda path: read_run_file(path, SMALL))
    file = exported.path / "hostile.jsonl"
    file.write_bytes(HOSTILE[case](lines_of(exported)))
    ran = exported.runs("import", "hostile.jsonl")
    assert (ran.code, ran.out) == (2, ""), ran.err
    (line,) = ran.err.splitlines()
    assert line.startswith("orchestra: ")
    assert len(line) < 600
    assert "fault in Orchestra" not in line
    assert [run["runId"] for run in exported.runs("list", "--json").json["runs"]] == ["run-aaa"]
    assert exported.runs("verify").code == 0


def test_there_are_enough_hostile_cases() -> None:
    assert len(HOSTILE) >= 25


def test_the_file_that_all_cases_start_from_is_taken(exported: Any) -> None:
    file = exported.path / "good.jsonl"
    file.write_bytes(relinked(lines_of(exported)))
    assert len(read_run_file(file, SMALL).events) == 13


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../outside.py", "a/../../b", "C:\\x", "\\\\host\\x", ".git/config"]
)
def test_paths_in_a_file_stay_data(exported: Any, path: str, tmp_path: Path) -> None:
    lines = lines_of(exported)
    for line in lines[1:]:
        line["body"] = line["body"].replace('"calc.py"', json.dumps(path))
    file = exported.path / "hostile.jsonl"
    file.write_bytes(relinked(lines))
    done = exported.runs("import", "hostile.jsonl", "--json").json
    assert exported.runs("show", done["runId"]).code == 0
    assert exported.runs("replay", done["runId"]).code == 0
    assert exported.runs("diff", "run-aaa", done["runId"]).code == 0
    target = tmp_path / "out"
    exported.runs("replay", done["runId"], "--files", str(target))
    written = [found for found in target.rglob("*") if found.is_file()] if target.exists() else []
    assert all(target.resolve() in found.resolve().parents for found in written)
    assert not (tmp_path / "outside.py").exists()


@pytest.mark.parametrize("run_id", ["../../x", "~sessions", "~documents", "a" * 5000, "run\x1b[2J", "", "-rf"])
def test_an_id_in_a_file_names_no_other_stream_and_no_path(exported: Any, run_id: str) -> None:
    lines = lines_of(exported)
    lines[0]["runId"] = run_id
    file = exported.path / "hostile.jsonl"
    file.write_bytes(relinked(lines))
    done = exported.runs("import", "hostile.jsonl", "--json")
    if done.code == 0:
        assert done.json["runId"].startswith("run-")
        assert done.json["origin"] == run_id
    assert exported.runs("verify").code == 0
    assert len(exported.runs("list", "--json").json["runs"]) == (2 if done.code == 0 else 1)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("absent", "pipe", ""):
        with pytest.raises(BadRequest):
            read_run_file(tmp_path / name)


def test_an_event_from_before_contexts_keeps_its_place_in_the_chain(tmp_path: Path, small_run: Events) -> None:
    from codecompanion.memory.chain import START, next_link
    from codecompanion.memory.event_codec import encode
    from codecompanion.server.runs.run_file import lines_of as lines_out
    from codecompanion.server.runs.run_file import write_run_file

    events, link = [], START.link
    for version, event in enumerate(small_run(), 1):
        link = next_link(link, "run-old", version, 5.0, encode(event).encode(), seal=b"")
        events.append(StoredEvent(version, 5.0, encode(event), None, link.hex()))
    write_run_file(tmp_path / "old.jsonl", lines_out("run-old", "", events))
    assert read_run_file(tmp_path / "old.jsonl").events == tuple(events)
