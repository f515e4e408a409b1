"""`orchestra blame | undo | review` on a folder whose log was written by hand."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.change_events import CHANGES
from codecompanion.contracts.edits import DeleteFile, EditOutcome, FileEdit, HeldPart, RenameFile, ReplaceBlock
from codecompanion.contracts.messages import Role
from codecompanion.server import cli

OLD, NEW = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line; returns its exit code, and what it printed."""

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.main(list(arguments))
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def edit(what: FileEdit, text: str, name: str, role: Role, **outcome: Any) -> list[e.Event]:
    made = e.EditProposed(edit_id=name, task_id="more", role=role, edit=what, sha256=sha(text))
    fixed = {"edit_id": name, "path": what.path, "state": "confirmed", "sha256": sha(text)}
    return [made, e.EditSettled(outcome=EditOutcome.model_validate({**fixed, **outcome}))]


def test_blame_undo_and_taking_the_undo_back(folder: Any, small_run: Any, call: Call) -> None:
    folder.add("run-1", small_run())
    calc = folder.path / "calc.py"
    calc.write_text("# mine\n" + NEW)
    code, said = call("blame", "calc.py")
    assert code == 0
    assert [line.split("|")[0].split() for line in said.splitlines()[:3]] == [
        ["-", "1"],
        ["-", "2"],
        ["run-1", "CodeGenerator", "3"],
    ]
    assert "1 line: CodeGenerator with local/m" in said
    assert "The answer it came in cost $0.0100." in said
    assert "Tests after it in run `run-1`: 2 passed, 0 failed (`pytest`)." in said
    found = json.loads(call("blame", "calc.py", "--json")[1])
    assert [line["by"] for line in found["lines"]] == ["", "", "e1"]

    code, said = call("undo", "run-1")
    assert (code, calc.read_text()) == (0, "# mine\n" + OLD)
    assert "Run run-1 is undone: 1 file changed back." in said
    assert call("blame", "calc.py")[1].startswith("-")
    assert "is undone already" in call("undo")[1]
    (undo,) = [one.body.undo_id for one in folder.read(CHANGES)]
    code, said = call("undo", undo, "--json")
    assert (code, calc.read_text()) == (0, "# mine\n" + NEW)
    assert json.loads(said)["files"][0]["change"] == "changed"
    assert "taken back already" in call("undo", undo)[1]
    assert call("undo", "run-1")[0] == 0
    assert calc.read_text() == "# mine\n" + OLD


def test_without_a_name_undo_means_the_newest_run_whose_files_are_the_folders(
    folder: Any, small_run: Any, call: Call
) -> None:
    folder.add("run-1", small_run())
    calc = folder.path / "calc.py"
    calc.write_text(NEW)
    forked = e.RunForked(origin="run-1", version=1, changes=("the model is local/m2",))
    folder.add("run-2", [*small_run(), forked])
    assert "delete that folder instead" in call("undo", "run-2")[1]
    assert "Run run-1 is undone" in call("undo")[1]
    assert calc.read_text() == OLD


def test_what_was_changed_since_stays_and_is_told(folder: Any, small_run: Any, call: Call) -> None:
    folder.add("run-1", small_run())
    calc = folder.path / "calc.py"
    calc.write_text(NEW.replace("return a + b", "mine = 1"))
    code, said = call("undo")
    assert code == 1
    assert "Stayed: calc.py:2: these lines were changed by someone else since" in said
    assert calc.read_text() == NEW.replace("return a + b", "mine = 1")
    assert folder.read(CHANGES) == []
    assert call("undo", "--agent", "Nobody")[0] == 2
    assert call("undo", "undo-unknown")[0] == 2
    assert call("undo", "run-unknown")[0] == 2


def test_one_agents_part_is_undone_and_the_others_stays(folder: Any, small_run: Any, call: Call) -> None:
    later = ReplaceBlock(path="calc.py", search="def add(a, b):\n", replace="def add(a: int, b: int):\n")
    text = NEW.replace("(a, b)", "(a: int, b: int)")
    folder.add("run-1", [*small_run(open_=True), *edit(later, text, "e2", Role.DEBUGGER)])
    calc = folder.path / "calc.py"
    calc.write_text(text)
    assert call("undo", "--agent", "CodeGenerator")[0] == 0
    assert calc.read_text() == OLD.replace("(a, b)", "(a: int, b: int)")
    assert call("undo")[0] == 0
    assert calc.read_text() == OLD


def git(folder: Any, *arguments: str) -> str:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    ended = subprocess.run(
        ["git", *who, *arguments], cwd=folder.path, check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()


def commit(folder: Any) -> str:
    git(folder, "add", "calc.py")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def test_trailers_count_only_what_the_last_commit_does_not_have(
    folder: Any, small_run: Any, call: Call
) -> None:
    folder.add("run-1", small_run())
    calc = folder.path / "calc.py"
    calc.write_text(OLD)
    git(folder, "init", "-q")
    commit(folder)
    assert call("blame", "--trailers") == (0, "")
    calc.write_text(NEW + "# mine\n")
    trailer = "Assisted-by: Orchestra CodeGenerator with local/m (1 line, run-1)\n"
    assert call("blame", "--trailers") == (0, trailer)
    assert json.loads(call("blame", "--trailers", "calc.py", "--json")[1]) == {"trailers": [trailer.strip()]}


def test_a_note_tells_who_wrote_what_a_commit_brought_and_leaves_the_commit(
    folder: Any, small_run: Any, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "x")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "x@example.org")
    folder.add("run-1", small_run())
    calc = folder.path / "calc.py"
    calc.write_text(OLD)
    git(folder, "init", "-q")
    first = commit(folder)
    calc.write_text(NEW)
    second = commit(folder)
    calc.write_text("# mine, later\n" + NEW)
    third = commit(folder)
    git(folder, "notes", "add", "-m", "somebody's own")
    trailer = "Assisted-by: Orchestra CodeGenerator with local/m (1 line, run-1)"
    assert call("blame", "--note", "HEAD~1") == (0, f"{trailer}\n")
    assert json.loads(call("blame", "--note", second, "--json")[1]) == {"commit": second, "trailers": [trailer]}
    assert git(folder, "notes", "--ref=orchestra", "show", second) == trailer
    for other in (first, third):
        assert "no note was written" in call("blame", "--note", other)[1]
    assert git(folder, "notes", "--ref=orchestra", "list").count("\n") == 0
    assert git(folder, "log", "--format=%H").split() == [third, second, first]
    assert git(folder, "notes", "show") == "somebody's own"
    for wrong in ("nothing", "--output=x", "HEAD:calc.py"):
        code, said = call("blame", f"--note={wrong}")
        assert (code, f"git knows no commit {wrong!r}" in said) == (2, True)
    assert call("blame", "calc.py", "--note", "HEAD")[0] == 2
    assert not (folder.path / "x").exists()


def test_a_place_where_the_persons_text_won_is_reviewed(folder: Any, small_run: Any, call: Call) -> None:
    part = HeldPart(base="    return a - b\n", user="    return mine\n", wanted="    return a + b\n", line=2)
    what = ReplaceBlock(path="calc.py", search="x", replace="y")
    events = edit(what, "", "e2", Role.DEBUGGER, state="failed", held=(part,))
    folder.add("run-1", [*small_run(open_=True), *events])
    calc = folder.path / "calc.py"
    calc.write_text("def add(a, b):\n    return mine\n")
    assert "calc.py:2  your text stayed, an agent's waits as e2#1" in call("review")[1]
    assert "+    return a + b" in call("review", "show", "calc.py")[1]
    code, said = call("review", "accept", "calc.py")
    assert code == 1
    assert "your own text stays until you accept e2#1" in said
    assert call("review", "accept", "--hunk", "e2#1", "--all")[0] == 0
    assert calc.read_text() == NEW
    assert "Nothing waits" in call("review")[1]


def test_changes_are_let_in_and_turned_down_one_by_one(folder: Any, small_run: Any, call: Call) -> None:
    base = "".join(f"line {n}\n" for n in range(9))
    what = ReplaceBlock(path="a.txt", search="line 1\n", replace="agent 1\n")
    more = ReplaceBlock(path="a.txt", search="line 7\n", replace="agent 7\n")
    first, second = (
        base.replace("line 1", "agent 1"),
        base.replace("line 1", "agent 1").replace("line 7", "agent 7"),
    )
    events = [
        *small_run(open_=True),
        e.BaseKept(path="a.txt", text=base),
        *edit(what, first, "e2", Role.CODE_GENERATOR, state="pending"),
        *edit(more, second, "e3", Role.CODE_GENERATOR, state="pending"),
    ]
    folder.add("run-1", events)
    file = folder.path / "a.txt"
    file.write_text("mine\n" + base)
    assert call("review", "accept")[0] == 2
    (waits,) = json.loads(call("review", "--json")[1])["files"]
    assert [change["line"] for change in waits["changes"]] == [2, 8]
    assert call("review", "accept", "a.txt", "--hunk", waits["changes"][1]["hunk"])[0] == 0
    assert file.read_text() == "mine\n" + base.replace("line 7", "agent 7")
    assert call("review", "reject", "a.txt", "--hunk", "1")[0] == 0
    assert "Nothing waits" in call("review")[1]
    assert call("review", "accept", "a.txt")[0] == 2
    found = json.loads(call("blame", "a.txt", "--json")[1])
    assert [line["line"] for line in found["lines"] if line["by"]] == [9]
    assert [origin["editId"] for origin in found["origins"]] == ["e3"]
    call("undo", "run-1")
    assert file.read_text() == "mine\n" + base


def test_a_file_keeps_its_authors_under_another_name_and_an_undo_gives_the_old_name_back(
    folder: Any, small_run: Any, call: Call
) -> None:
    rename = RenameFile(path="calc.py", to="adder.py")
    folder.add("run-1", [*small_run(open_=True), *edit(rename, NEW, "e2", Role.DEBUGGER)])
    adder = folder.path / "adder.py"
    adder.write_text(NEW)
    found = json.loads(call("blame", "adder.py", "--json")[1])
    assert [line["by"] for line in found["lines"]] == ["", "e1"]
    code, said = call("undo")
    assert (code, (folder.path / "calc.py").read_text(), adder.exists()) == (0, OLD, False), said


def test_a_file_that_an_agent_removed_comes_back(folder: Any, small_run: Any, call: Call) -> None:
    folder.add("run-1", [*small_run(open_=True), *edit(DeleteFile(path="calc.py"), "", "e2", Role.DEBUGGER)])
    code, said = call("undo")
    assert (code, (folder.path / "calc.py").read_text()) == (0, OLD)
    assert "1 file put back" in said


@pytest.mark.parametrize("old", ["", "x = “curly”\r\n\tif mixed:\n        pass\n# ... rest of the code\n"])
def test_an_undo_is_exact_whatever_a_models_answer_may_not_hold(
    folder: Any, small_run: Any, call: Call, old: str
) -> None:
    """What would be refused from a model, or put right in it, is the person's own text here."""
    folder.add("run-1", small_run(base=old))
    calc = folder.path / "calc.py"
    calc.write_bytes(NEW.encode())
    assert call("undo")[0] == 0
    assert calc.read_bytes() == old.encode()


def test_an_undo_keeps_no_copies_of_files(folder: Any, small_run: Any, call: Call) -> None:
    big = "".join(f"line {n}\n" for n in range(20_000))
    what = ReplaceBlock(path="big.txt", search="line 1\n", replace="agent 1\n")
    text = big.replace("line 1\n", "agent 1\n", 1)
    events = [
        *small_run(open_=True),
        e.BaseKept(path="big.txt", text=big),
        *edit(what, text, "e2", Role.DEBUGGER),
    ]
    folder.add("run-1", events)
    (folder.path / "big.txt").write_text(text)
    (folder.path / "calc.py").write_text(NEW)
    assert call("undo")[0] == 0
    assert (folder.path / "big.txt").read_text() == big
    (event,) = folder.read(CHANGES)
    assert len(event.body.model_dump_json()) < 1_000
