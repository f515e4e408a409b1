"""Forks: from any event, in a copy, with another model, request or answer; the folder stays as it is."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.document_events import DOCUMENTS, DocumentChanged, DocumentOpened, TextChange
from codecompanion.contracts.errors import BadRequest
from codecompanion.orchestra.replay.forking import Wishes, default_version, forked_history
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.server.runs.fork_folder import remove_fork_folder
from codecompanion.server.runs.forking import ForkOrder, Forks

TESTS = (
    "import unittest\n\nfrom calc import add\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        "
)
GOOD = f"{TESTS}self.assertEqual(add(1, 2), 3)\n"


def sha(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def tree(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and ".orchestra" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_text() for file in files}


def recorded(events: list[e.Event]) -> list[e.Recorded]:
    context = e.Context(correlation_id="run-first")
    return [
        e.Recorded(run_id="run-a", version=n, position=n, at=float(n), body=body, context=context)
        for n, body in enumerate(events, 1)
    ]


# -- the history a fork begins with


def test_a_fork_begins_with_its_origins_history_and_says_what_is_different(small_run: Any) -> None:
    history = recorded(small_run())
    forked = forked_history(history, 8, Wishes("/forks/x", model="local/m2"), now=99.0)
    assert forked.version == 8
    bodies = [event for _, event, _ in forked.events]
    assert bodies[1:8] == [one.body for one in history[1:8]]
    assert [at for at, _, _ in forked.events] == [*(one.at for one in history[:8]), 99.0]
    assert {context.correlation_id for _, _, context in forked.events} == {"run-first"}
    (last,) = [event for event in bodies if isinstance(event, e.RunForked)]
    assert (last.origin, last.version, last.model, last.changes) == (
        "run-a",
        8,
        "local/m2",
        ("the model is local/m2",),
    )
    state = fold(bodies)
    assert state.order is not None
    assert (state.order.workspace, state.order.offline, state.order.mode) == ("/forks/x", False, "automatic")


def test_the_end_of_a_run_is_no_place_to_go_on_from(small_run: Any) -> None:
    history = recorded(small_run())
    assert default_version(history, Wishes("/x")) == 12
    assert default_version(history, Wishes("/x", model="local/m")) == 1
    assert default_version(history[:8], Wishes("/x", model="local/m")) == 8
    with pytest.raises(
        BadRequest, match="event 13 is the end of run 'run-a'; fork from an earlier one, such as 12"
    ):
        forked_history(history, 13, Wishes("/x"), 0.0)


def test_another_answer_stands_where_its_call_began_and_its_edits_are_not_made(small_run: Any) -> None:
    history = recorded(small_run())
    assert default_version(history, Wishes("/x", answer="a")) == 9
    forked = forked_history(history, 9, Wishes("/x", answer="FILE: other"), 0.0)
    assert forked.version == 5
    names = [event.event for _, event, _ in forked.events]
    assert names[4:] == ["model_call_started", "model_answered", "run_forked"]
    answer = forked.events[5][1]
    assert isinstance(answer, e.ModelAnswered)
    assert (answer.text, answer.provider, answer.usage.cost) == ("FILE: other", "by hand", 0.0)
    with pytest.raises(
        BadRequest, match=r"event 8 \(edit_settled\) is no answer; events of this run that are: 9"
    ):
        forked_history(history, 8, Wishes("/x", answer="a"), 0.0)


def test_another_request_forgets_what_was_said_about_the_former_one(small_run: Any) -> None:
    history = recorded(small_run())
    assert default_version(history, Wishes("/x", request="r")) == 1
    forked = forked_history(history, 9, Wishes("/x", request="a divider"), 0.0)
    names = [event.event for _, event, _ in forked.events]
    assert "agent_asked" not in names
    assert "model_answered" not in names
    state = fold(event for _, event, _ in forked.events)
    assert state.order is not None
    assert state.order.request == "a divider"


def test_a_stopped_or_paused_run_can_be_forked_and_goes_on(small_run: Any) -> None:
    events = [*small_run(open_=True)[:4], e.RunPaused(), e.StopRequested(reason="enough")]
    forked = forked_history(recorded(events), 6, Wishes("/x"), 0.0)
    state = fold(event for _, event, _ in forked.events)
    assert (state.paused, state.stop_reason) == (False, None)


# -- the folder of a fork


@pytest.fixture
def project(folder: Any, small_run: Any) -> Any:
    """A project in git's style, whose calc.py the run changed; the person went on since."""
    (folder.path / "calc.py").write_text("# mine, and newer\n")
    (folder.path / "test_calc.py").write_text(GOOD)
    (folder.path / ".gitignore").write_text("build/\n")
    (folder.path / "build").mkdir()
    (folder.path / "build" / "made.js").write_text("x")
    folder.add("run-aaa", small_run())
    return folder


def make(folder: Any, order: ForkOrder) -> Any:
    async def work() -> Any:
        async with folder.store() as store:
            return await Forks(store, folder.path, folder.data).make(order)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("at", "calc"),
    [
        ("1", "def add(a, b):\n    return a - b\n"),
        ("7", "def add(a, b):\n    return a - b\n"),
        ("8", "def add(a, b):\n    return a + b\n"),
    ],
)
def test_the_copy_has_the_documents_of_the_moment_over_the_project(project: Any, at: str, calc: str) -> None:
    before = tree(project.path)
    made = make(project, ForkOrder("run-aaa", at))
    assert made.folder.parent == project.data / "forks"
    copied = tree_of_fork(made.folder)
    assert copied["calc.py"] == calc
    assert copied["test_calc.py"] == GOOD
    assert not [path for path in copied if path.startswith("build/")]
    assert tree(project.path) == before
    assert [path.name for path in (project.data / "forks").iterdir()] == [made.run_id]


def tree_of_fork(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()
    }


def test_a_file_that_was_not_there_yet_is_not_in_the_copy(folder: Any, small_run: Any) -> None:
    folder.add("run-aaa", small_run(base=None))
    (folder.path / "calc.py").write_text("there now\n")
    assert "calc.py" not in tree_of_fork(make(folder, ForkOrder("run-aaa", "3")).folder)
    assert "calc.py" in tree_of_fork(make(folder, ForkOrder("run-aaa", "8")).folder)


def test_what_later_runs_and_typing_changed_is_as_it_was_before_them(folder: Any, small_run: Any) -> None:
    async def write() -> None:
        async with folder.store() as store:
            await store.append("run-aaa", 0, small_run(open_=True)[:3])
            later = [small_run()[0], small_run()[1], *small_run(base="before the later run\n")[5:6]]
            await store.append("run-bbb", 0, later)
            opened = await store.blobs.put(b"before it was typed into\n")
            typed = [
                DocumentOpened(path="notes.md", version=1, sha256=opened),
                DocumentChanged(
                    path="notes.md", version=2, changes=(TextChange(start=0, end=0, text="x"),), sha256=""
                ),
            ]
            await store.append(DOCUMENTS, 0, typed)

    asyncio.run(write())
    (folder.path / "calc.py").write_text("now\n")
    (folder.path / "notes.md").write_text("now\n")
    copied = tree_of_fork(make(folder, ForkOrder("run-aaa", "2")).folder)
    assert copied == {"calc.py": "before the later run\n", "notes.md": "before it was typed into\n"}


def test_a_fork_of_a_fork_finds_the_documents_of_the_first(project: Any) -> None:
    first = make(project, ForkOrder("run-aaa", "8"))
    again = make(project, ForkOrder(first.run_id, "9"))
    assert tree_of_fork(again.folder)["calc.py"] == "def add(a, b):\n    return a + b\n"
    shown = project.runs("replay", again.run_id, "--json", "--full").json
    assert shown["documents"][0]["text"] == "def add(a, b):\n    return a + b\n"
    assert shown["documents"][0]["problems"] == []
    earlier = project.runs("replay", again.run_id, "--to", "7", "--json", "--full").json
    assert earlier["documents"][0]["text"] == "def add(a, b):\n    return a - b\n"
    assert project.runs("verify").code == 0


def test_a_fork_of_a_fork_has_nothing_of_what_the_first_had_not(project: Any) -> None:
    """What came into the folder after the first fork was left from there is not in the second either."""
    first = make(project, ForkOrder("run-aaa", "4"))
    project.add("run-bbb", history_of_new_file())
    (project.path / "later.py").write_text("later\n")
    for at in ("3", "4"):
        again = make(project, ForkOrder(first.run_id, at))
        assert "later.py" not in tree_of_fork(again.folder)
        assert tree_of_fork(again.folder)["calc.py"] == "def add(a, b):\n    return a - b\n"
    assert "later.py" in tree_of_fork(make(project, ForkOrder("run-bbb", "5")).folder)


def history_of_new_file() -> list[e.Event]:
    text = "later\n"
    edit = {"edit_id": "e9", "task_id": "code", "role": "CodeGenerator", "sha256": sha(text)}
    landed = {"edit_id": "e9", "path": "later.py", "state": "confirmed", "sha256": sha(text)}
    return [
        e.RunStarted(order=e.RunOrder(kind="change", request="later", workspace="/w")),
        e.PlanMade.model_validate(
            {
                "plan": {
                    "summary": "s",
                    "complexity": {"level": "small"},
                    "tasks": [{"id": "code", "title": "t", "role": "CodeGenerator"}],
                }
            }
        ),
        e.BaseKept(path="later.py", text=None),
        e.EditProposed.model_validate({**edit, "edit": {"kind": "whole", "path": "later.py", "text": text}}),
        e.EditSettled.model_validate({"outcome": landed}),
    ]


def test_a_wrong_wish_makes_nothing(project: Any) -> None:
    for order in (
        ForkOrder("run-aaa", model="gpt"),
        ForkOrder("run-aaa", "99"),
        ForkOrder("run-aaa", "13"),
        ForkOrder("run-aaa", "8", answer="x"),
        ForkOrder("run-zzz"),
    ):
        with pytest.raises(BadRequest):
            make(project, order)
    ran = project.runs("fork", "run-aaa", "--model", "gpt")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "unknown provider 'gpt'" in ran.err
    assert not (project.data / "forks").exists()
    assert len(project.runs("list", "--json").json["runs"]) == 1


# -- forks that go on


def test_a_fork_goes_on_with_another_answer_is_tested_and_touches_nothing_else(project: Any) -> None:
    before = tree(project.path)
    answer = "FILE: calc.py\n```python\ndef add(a, b):\n    return sum((a, b))\n```\n"
    ran = project.runs("fork", "run-aaa", "--at", "9", "--answer", answer)
    assert ran.code == 0, ran.err
    assert "Tests: 1 passed, 0 failed" in ran.out
    assert "  orchestra runs diff run-aaa run-" in ran.out
    assert tree(project.path) == before
    fork = project.runs("list", "--json").json["runs"][1]
    assert (fork["origin"], fork["state"]) == ("run-aaa", "done")
    files = tree_of_fork(project.data / "forks" / fork["runId"])
    assert files["calc.py"] == "def add(a, b):\n    return sum((a, b))\n"
    diff = project.runs("diff", "run-aaa", fork["runId"]).out
    assert "-    return a + b\n+    return sum((a, b))\n" in diff
    assert project.runs("verify").code == 0


def test_the_tests_of_a_fork_use_what_is_installed_for_the_project_and_check_the_forks_files(
    project: Any,
) -> None:
    (project.path / ".gitignore").write_text("build/\n.venv/\nnode_modules/\n")
    (project.path / "node_modules" / "left-pad").mkdir(parents=True)
    environment = project.path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "installed.py").write_text("THREE = 3\n")
    # as an editable install has it: the project's own modules, by their absolute path
    (packages / "project.pth").write_text(f"{project.path}/src\n")
    (project.path / "src").mkdir()
    (project.path / "src" / "own.py").write_text("import os\nHERE = os.getcwd()\n")
    (project.path / "test_calc.py").write_text(
        TESTS.replace("import add", "import add\nfrom installed import THREE\nimport own")
        + "self.assertEqual(add(1, 2), THREE)\n"
    )
    answer = "FILE: calc.py\n```python\ndef add(a, b):\n    return sum((a, b))\n```\n"
    ran = project.runs("fork", "run-aaa", "--at", "9", "--answer", answer)
    assert "Tests: 1 passed, 0 failed" in ran.out, ran.out
    (made,) = (project.data / "forks").iterdir()
    assert (made / "node_modules").readlink() == project.path / "node_modules"
    remove_fork_folder(made)
    assert (packages / "installed.py").exists()
    assert (project.path / "node_modules" / "left-pad").is_dir()


def test_an_interrupted_fork_is_resumed_in_its_own_folder(project: Any) -> None:
    before = tree(project.path)
    answer = "FILE: calc.py\n```python\ndef add(a, b):\n    return b + a\n```\n"
    made = make(project, ForkOrder("run-aaa", "9", answer=answer))
    ran = project.runs("resume", made.run_id)
    assert ran.code == 0, ran.err
    assert tree_of_fork(made.folder)["calc.py"] == "def add(a, b):\n    return b + a\n"
    assert tree(project.path) == before


def test_a_fork_whose_folder_is_gone_is_not_gone_on_with_elsewhere(project: Any) -> None:
    import shutil

    made = make(project, ForkOrder("run-aaa", "9", answer="x"))
    shutil.rmtree(made.folder)
    before = tree(project.path)
    ran = project.runs("resume", made.run_id)
    assert (ran.code, "is not there any more" in ran.err) == (2, True)
    assert tree(project.path) == before


def test_an_interrupted_run_is_resumed_and_a_finished_one_is_a_success_that_says_so(
    folder: Any, small_run: Any
) -> None:
    (folder.path / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    (folder.path / "test_calc.py").write_text(GOOD)
    assert folder.runs("resume").code == 2
    folder.add("run-aaa", small_run(open_=True)[:10])
    ran = folder.runs("resume")
    assert ran.code == 0, ran.err
    assert "Tests: 1 passed, 0 failed" in ran.out
    for arguments in (("run-aaa",), ("--last",), ("aaa", "--json")):
        ran = folder.runs("resume", *arguments)
        assert ran.code == 0
    assert ran.json["resumed"] is False
    calls = [one for one in folder.read("run-aaa") if one.body.event == "model_call_started"]
    assert len(calls) == 1


@pytest.mark.parametrize("command", [("resume", "run-aaa"), ("fork", "run-aaa", "--at", "9", "--answer", "x")])
def test_in_an_untrusted_folder_nothing_goes_on_without_the_option_trust(
    folder: Any, small_run: Any, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ORCHESTRA_TRUSTED_FOLDERS", "")
    (folder.path / "test_calc.py").write_text(GOOD)
    folder.add("run-aaa", small_run(open_=True)[:10])
    before = len(folder.read("run-aaa"))
    ran = folder.runs(*command)
    assert (ran.code, "is not trusted yet" in ran.err, "the option --trust" in ran.err) == (2, True, True)
    assert (len(folder.read("run-aaa")), (folder.data / "forks").exists()) == (before, False)
    assert "not trusted" not in folder.runs(*command, "--trust").err
    assert len(folder.runs("list", "--json").json["runs"]) == (2 if command[0] == "fork" else 1)
    assert len(folder.read("run-aaa")) > before or command[0] == "fork"


def test_trust_on_the_command_line_lets_the_test_commands_of_the_folder_run(
    folder: Any, small_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRA_TRUSTED_FOLDERS", "")
    (folder.path / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    (folder.path / "Makefile").write_text("test:\n\ttrue\n")
    folder.add("run-aaa", small_run(open_=True)[:10])
    ran = folder.runs("resume", "run-aaa", "--trust")
    assert (ran.code, "was not run" in ran.out + ran.err) == (0, False), ran.err
