"""Edits and editors of every temper: what is applied is seen, what is not is told, and no typing is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.edits.editor_edits import EditorEdits, Patience
from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.documents import Documents
from codecompanion.server.wire.errors import ConnectionClosed
from codecompanion.server.wire.folders import WorkspaceFolder

Answer = Callable[["Editor", dict[str, Any]], Awaitable[Any]]
FULL = ClientFeatures(
    apply_edit=True, document_changes=True, resource_operations=frozenset({"create", "rename", "delete"})
)
QUICK = Patience(answer=2.0, open=0.05, closed=0.02, settle=0.1, human=0.05)


class Editor:
    """An editor in memory: the wire's own documents, and an answer to each edit."""

    def __init__(self, root: Path, answer: Answer, client: ClientFeatures = FULL) -> None:
        self.client = client
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.documents = Documents()
        self.shown = OpenDocuments(self.documents)
        self.folder = WorkspaceFolder(root.as_uri(), root.name, str(root))
        self.view = Workspace(root, lambda: self.shown.texts(self.folder))
        disk = DiskEdits(root)
        self.edits = EditorEdits(self, self.folder, self.shown, self.view, disk, patience=QUICK)

    async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
        assert method == "workspace/applyEdit"
        self.asked.append(params["edit"])
        return await self.answer(self, params["edit"])

    def uri(self, path: str) -> str:
        return f"{self.folder.uri}/{path}"

    def open(self, path: str, text: str, version: int = 0) -> None:
        item = {"uri": self.uri(path), "languageId": "python", "version": version, "text": text}
        self.documents.opened({"textDocument": item})
        self.shown.touched(self.uri(path))

    def type(self, path: str, text: str, version: int | None = None) -> None:
        before = self.documents[self.uri(path)].version or 0
        item = {"uri": self.uri(path), "version": before + 1 if version is None else version}
        self.documents.changed({"textDocument": item, "contentChanges": [{"text": text}]})
        self.shown.touched(self.uri(path))

    def text(self, path: str) -> str:
        return self.documents[self.uri(path)].text

    def apply(self, change: dict[str, Any]) -> None:
        """Make the change of one document, and tell of it."""
        uri = change["textDocument"]["uri"]
        path = uri.removeprefix(self.folder.uri + "/")
        if uri not in self.documents:
            on_disk = Path(self.folder.path, path)
            self.open(path, on_disk.read_text() if on_disk.exists() else "")
        document = self.documents[uri]
        edits = [{"range": e["range"], "text": e["newText"]} for e in reversed(change["edits"])]
        self.type(path, document.edited(edits, None).text)


def text_change(edit: dict[str, Any]) -> dict[str, Any]:
    change: dict[str, Any] = next(c for c in edit["documentChanges"] if "kind" not in c)
    return change


async def honest(editor: Editor, edit: dict[str, Any]) -> Any:
    change = text_change(edit)
    version = change["textDocument"]["version"]
    document = editor.documents.get(change["textDocument"]["uri"])
    if document is not None and version not in (None, document.version):
        return {"applied": False, "failedChange": 0}
    editor.apply(change)
    return {"applied": True}


async def lying(editor: Editor, edit: dict[str, Any]) -> Any:
    return {"applied": True}


async def late(editor: Editor, edit: dict[str, Any]) -> Any:
    """Answers first and tells of the change later, as Neovim does."""
    asyncio.get_running_loop().call_later(0.03, editor.apply, text_change(edit))
    return {"applied": True}


async def very_late(editor: Editor, edit: dict[str, Any]) -> Any:
    asyncio.get_running_loop().call_later(0.08, editor.apply, text_change(edit))
    return {"applied": True}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


BLOCK = ReplaceBlock(path="a.py", search="b = 2\n", replace="b = 3\n")


async def test_a_new_file_is_confirmed_by_its_document(root: Path) -> None:
    editor = Editor(root, honest)
    outcome = await editor.edits.push("e1", WholeFile(path="pkg/a.py", text="x = 1\n"), "label")
    assert (outcome.state, outcome.path) == ("confirmed", "pkg/a.py")
    assert len(outcome.sha256) == 64
    assert editor.text("pkg/a.py") == "x = 1\n"
    assert (root / "pkg").is_dir()
    assert editor.view.read("pkg/a.py") == "x = 1\n"


@pytest.mark.parametrize("answer", [honest, late])
async def test_an_open_document_is_edited_by_its_version(root: Path, answer: Answer) -> None:
    editor = Editor(root, answer)
    editor.open("a.py", "a = 1\nb = 2\n", version=0)
    assert (await editor.edits.push("e1", BLOCK, "")).state == "confirmed"
    assert editor.text("a.py") == "a = 1\nb = 3\n"
    assert text_change(editor.asked[0])["textDocument"]["version"] == 0


async def test_an_edit_seen_late_is_claimed_and_settles_to_confirmed(root: Path) -> None:
    editor = Editor(root, very_late)
    editor.open("a.py", "b = 2\n")
    assert (await editor.edits.push("e1", BLOCK, "")).state == "claimed"
    assert editor.view.read("a.py") == "b = 3\n"
    assert editor.view.overlay() == {"a.py": "b = 3\n"}
    (outcome,) = await editor.edits.settle()
    assert (outcome.edit_id, outcome.state) == ("e1", "confirmed")
    assert editor.text("a.py") == "b = 3\n"


async def test_the_next_edit_waits_for_a_late_one(root: Path) -> None:
    editor = Editor(root, very_late)
    editor.open("a.py", "a = 1\nb = 2\n")
    await editor.edits.push("e1", BLOCK, "")
    second = ReplaceBlock(path="a.py", search="a = 1\n", replace="a = 0\n")
    await editor.edits.push("e2", second, "")
    assert {one.state for one in await editor.edits.settle()} == {"confirmed"}
    assert editor.text("a.py") == "a = 0\nb = 3\n"


async def test_a_lie_about_an_open_document_is_found_out(root: Path) -> None:
    editor = Editor(root, lying)
    editor.open("a.py", "b = 2\n")
    assert (await editor.edits.push("e1", BLOCK, "")).state == "claimed"
    (outcome,) = await editor.edits.settle()
    assert outcome.state == "failed"
    assert "does not show it" in outcome.reason
    assert editor.view.read("a.py") == "b = 2\n"
    assert not (root / "a.py").exists()


async def test_a_lie_about_a_closed_file_is_made_good_on_disk(root: Path) -> None:
    editor = Editor(root, lying)
    assert (await editor.edits.push("e1", WholeFile(path="a.py", text="b = 2\n"), "")).state == "claimed"
    assert editor.view.read("a.py") == "b = 2\n"
    (outcome,) = await editor.edits.settle()
    assert (outcome.edit_id, outcome.state) == ("e1", "confirmed")
    assert "written to disk" in outcome.reason
    assert (root / "a.py").read_text() == "b = 2\n"
    assert editor.view.overlay() == {}


async def test_an_editor_that_hides_closed_files_gets_the_next_ones_on_disk(root: Path) -> None:
    editor = Editor(root, lying)
    await editor.edits.push("e1", WholeFile(path="a.py", text="b = 2\n"), "")
    second = await editor.edits.push("e2", BLOCK, "")
    third = await editor.edits.push("e3", WholeFile(path="c.py", text="c\n"), "")
    assert (second.state, third.state) == ("confirmed", "confirmed")
    assert len(editor.asked) == 1
    assert (root / "a.py").read_text() == "b = 3\n"
    assert (root / "c.py").read_text() == "c\n"
    (outcome,) = await editor.edits.settle()
    assert (outcome.edit_id, outcome.state) == ("e1", "confirmed")
    editor.open("open.py", "b = 2\n")
    await editor.edits.push("e4", BLOCK.model_copy(update={"path": "open.py"}), "")
    assert len(editor.asked) == 2


async def test_a_slow_editor_is_not_taken_for_one_that_hides_files(root: Path) -> None:
    async def slow(editor: Editor, edit: dict[str, Any]) -> Any:
        asyncio.get_running_loop().call_later(0.03, editor.apply, text_change(edit))
        return {"applied": True}

    editor = Editor(root, slow)
    for path in ("a.py", "b.py"):
        await editor.edits.push(path, WholeFile(path=path, text="x\n"), "")
    await editor.edits.settle()
    assert len(editor.asked) == 2
    assert not (root / "b.py").exists()


async def test_an_editor_that_saved_the_file_itself_is_believed_by_the_disk(root: Path) -> None:
    async def saving(editor: Editor, edit: dict[str, Any]) -> Any:
        (root / "a.py").write_text("x\n")
        return {"applied": True}

    editor = Editor(root, saving)
    await editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), "")
    await editor.edits.look_at_disk([editor.uri("a.py")])
    (outcome,) = await editor.edits.settle()
    assert (outcome.state, outcome.reason) == ("confirmed", "")


async def test_what_changed_on_disk_meanwhile_is_not_overwritten(root: Path) -> None:
    editor = Editor(root, lying)
    (root / "a.py").write_text("b = 2\n")
    await editor.edits.push("e1", BLOCK, "")
    (root / "a.py").write_text("b = 2\nmine\n")
    (outcome,) = await editor.edits.settle()
    assert outcome.state == "failed"
    assert (root / "a.py").read_text() == "b = 2\nmine\n"


async def test_typing_while_the_edit_is_offered_makes_it_find_its_place_anew(root: Path) -> None:
    typed = False

    async def typing(editor: Editor, edit: dict[str, Any]) -> Any:
        nonlocal typed
        if not typed:
            typed = True
            editor.type("a.py", "# mine\na = 1\nb = 2\n")
        return await honest(editor, edit)

    editor = Editor(root, typing)
    editor.open("a.py", "a = 1\nb = 2\n")
    assert (await editor.edits.push("e1", BLOCK, "")).state == "confirmed"
    assert editor.text("a.py") == "# mine\na = 1\nb = 3\n"
    assert len(editor.asked) == 2


async def test_a_skipped_edit_that_was_said_to_be_applied_is_offered_again(root: Path) -> None:
    """Neovim says yes to a stale version and does nothing."""
    typed = False

    async def skipping(editor: Editor, edit: dict[str, Any]) -> Any:
        nonlocal typed
        if not typed:
            typed = True
            editor.type("a.py", "# mine\nb = 2\n")
        answer = await honest(editor, edit)
        return {"applied": True} if answer else answer

    editor = Editor(root, skipping)
    editor.open("a.py", "b = 2\n")
    assert (await editor.edits.push("e1", BLOCK, "")).state == "confirmed"
    assert editor.text("a.py") == "# mine\nb = 3\n"


async def test_typing_right_after_the_edit_does_not_hide_it(root: Path) -> None:
    async def merged(editor: Editor, edit: dict[str, Any]) -> Any:
        # one change on the wire holds the edit and the keys pressed after it
        editor.type("a.py", "b = 3\n# mine\n")
        return {"applied": True}

    editor = Editor(root, merged)
    editor.open("a.py", "b = 2\n")
    assert (await editor.edits.push("e1", BLOCK, "")).state == "confirmed"
    assert len(editor.asked) == 1


async def test_typing_over_the_place_is_never_overwritten(root: Path) -> None:
    async def typing(editor: Editor, edit: dict[str, Any]) -> Any:
        editor.type("a.py", "b = my own\n")
        return await honest(editor, edit)

    editor = Editor(root, typing)
    editor.open("a.py", "b = 2\n")
    outcome = await editor.edits.push("e1", BLOCK, "")
    assert outcome.state == "failed"
    assert "no place" in outcome.reason
    assert editor.text("a.py") == "b = my own\n"


async def test_typing_over_the_place_keeps_the_edit_for_a_review(root: Path) -> None:
    async def typing(editor: Editor, edit: dict[str, Any]) -> Any:
        editor.type("a.py", "b = my own\n")
        return await honest(editor, edit)

    editor = Editor(root, typing)
    editor.open("a.py", "b = 2\n")
    outcome = await editor.edits.push("e1", BLOCK, "", "b = 2\n")
    assert outcome.state == "failed"
    (part,) = outcome.held
    assert (part.base, part.user, part.wanted, part.line) == ("b = 2\n", "b = my own\n", "b = 3\n", 1)
    assert editor.text("a.py") == "b = my own\n"


async def test_what_does_not_overlap_lands_and_the_rest_is_held(root: Path) -> None:
    editor = Editor(root, honest)
    base = "a = 1\n\n\nb = 2\n"
    editor.open("a.py", base.replace("b = 2", "b = my own"))
    wanted = WholeFile(path="a.py", text="a = 5\n\n\nb = 3\n")
    outcome = await editor.edits.push("e1", wanted, "", base)
    assert outcome.state == "confirmed"
    assert [part.wanted for part in outcome.held] == ["b = 3\n"]
    assert editor.text("a.py") == "a = 5\n\n\nb = my own\n"


async def test_ceaseless_typing_ends_the_attempts(root: Path) -> None:
    async def typing(editor: Editor, edit: dict[str, Any]) -> Any:
        editor.type("a.py", "# more\n" + editor.text("a.py"))
        return {"applied": False}

    editor = Editor(root, typing)
    editor.open("a.py", "b = 2\n")
    outcome = await editor.edits.push("e1", BLOCK, "")
    assert outcome.state == "failed"
    assert "kept changing" in outcome.reason
    assert len(editor.asked) == 4


async def test_a_whole_file_keeps_what_was_typed_since_the_run_began(root: Path) -> None:
    editor = Editor(root, honest)
    editor.open("a.py", "x = 1\n\ny = 1\n")
    editor.edits.begin_run()
    editor.type("a.py", "x = 1\n\ny = 1\nmine\n")
    outcome = await editor.edits.push("e1", WholeFile(path="a.py", text="x = 2\n\ny = 1\n"), "")
    assert outcome.state == "confirmed"
    assert editor.text("a.py") == "x = 2\n\ny = 1\nmine\n"
    second = await editor.edits.push("e2", WholeFile(path="a.py", text="x = 3\n\ny = 1\n"), "")
    assert second.state == "confirmed"
    assert editor.text("a.py") == "x = 3\n\ny = 1\nmine\n"
    editor.edits.end_run()


async def test_a_file_opened_and_typed_into_during_the_run_is_not_overwritten_either(root: Path) -> None:
    (root / "a.py").write_text("x = 1\n")
    editor = Editor(root, honest)
    editor.edits.begin_run()
    editor.open("a.py", "x = 1\n")
    editor.type("a.py", "mine\nx = 1\n")
    outcome = await editor.edits.push("e1", WholeFile(path="a.py", text="x = 2\n"), "")
    assert outcome.state == "confirmed"
    assert editor.text("a.py") == "mine\nx = 2\n"


async def test_a_whole_file_over_an_edit_of_our_own_is_fine(root: Path) -> None:
    editor = Editor(root, honest)
    editor.edits.begin_run()
    await editor.edits.push("e1", WholeFile(path="a.py", text="x = 1\n"), "")
    outcome = await editor.edits.push("e2", WholeFile(path="a.py", text="x = 2\n"), "")
    assert outcome.state == "confirmed"
    assert editor.text("a.py") == "x = 2\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"applied": False, "failureReason": "no thanks"}, "no thanks"),
        (None, "did not apply"),
        ("nonsense", "did not apply"),
    ],
)
async def test_a_refusal_is_an_outcome_with_its_reason(root: Path, answer: Any, said: str) -> None:
    async def refusing(editor: Editor, edit: dict[str, Any]) -> Any:
        return answer

    editor = Editor(root, refusing)
    editor.open("a.py", "b = 2\n")
    outcome = await editor.edits.push("e1", BLOCK, "")
    assert outcome.state == "failed"
    assert said in outcome.reason
    assert await editor.edits.settle() == []


@pytest.mark.parametrize(
    "problem",
    [
        JsonRpcException("Internal error", -32603),
        TimeoutError("late"),
        ConnectionClosed("the client went away"),
    ],
)
async def test_no_answer_is_an_outcome_too(root: Path, problem: Exception) -> None:
    async def failing(editor: Editor, edit: dict[str, Any]) -> Any:
        raise problem

    editor = Editor(root, failing)
    outcome = await editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), "")
    assert outcome.state == "failed"
    assert outcome.reason
    assert editor.view.overlay() == {}


async def test_a_no_faster_than_any_person_means_the_disk(root: Path) -> None:
    async def unable(editor: Editor, edit: dict[str, Any]) -> Any:
        return {"applied": False}

    editor = Editor(root, unable)
    outcome = await editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), "")
    assert outcome.state == "confirmed"
    assert (root / "a.py").read_text() == "x\n"


async def test_a_no_after_a_while_was_a_persons(root: Path) -> None:
    async def thinking(editor: Editor, edit: dict[str, Any]) -> Any:
        await asyncio.sleep(0.1)
        return {"applied": False}

    editor = Editor(root, thinking)
    assert (await editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), "")).state == "failed"
    assert not (root / "a.py").exists()


async def test_an_editor_that_takes_no_edits_gets_closed_files_on_disk(root: Path) -> None:
    editor = Editor(root, honest, ClientFeatures())
    editor.open("open.py", "b = 2\n")
    outcome = await editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), "")
    assert outcome.state == "confirmed"
    assert (root / "a.py").read_text() == "x\n"
    refused = await editor.edits.push("e2", BLOCK.model_copy(update={"path": "open.py"}), "")
    assert refused.state == "failed"
    assert editor.text("open.py") == "b = 2\n"
    assert editor.asked == []


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", ".vscode/tasks.json", "../out.py", "/etc/x", ".env"])
async def test_a_path_that_must_not_be_written_is_refused_unasked(root: Path, path: str) -> None:
    editor = Editor(root, honest)
    outcome = await editor.edits.push("e1", WholeFile(path=path, text="x\n"), "")
    assert outcome.state == "failed"
    assert editor.asked == []


async def test_a_link_to_a_protected_place_is_refused_too(root: Path) -> None:
    (root / ".git").mkdir()
    (root / "innocent").symlink_to(root / ".git")
    editor = Editor(root, honest)
    outcome = await editor.edits.push("e1", WholeFile(path="innocent/config", text="x\n"), "")
    assert outcome.state == "failed"


async def test_edits_of_one_file_go_in_order_and_those_of_others_overlap(root: Path) -> None:
    in_flight: list[str] = []
    most = 0

    async def slow(editor: Editor, edit: dict[str, Any]) -> Any:
        nonlocal most
        uri = text_change(edit)["textDocument"]["uri"]
        assert uri not in in_flight
        in_flight.append(uri)
        most = max(most, len(in_flight))
        await asyncio.sleep(0.02)
        in_flight.remove(uri)
        return await honest(editor, edit)

    editor = Editor(root, slow)
    for path in ("a.py", "b.py"):
        editor.open(path, "one\ntwo\nthree\n")
    pushes = [
        editor.edits.push(f"{path}{n}", ReplaceBlock(path=path, search=f"{n}\n", replace=f"{n}!\n"), "")
        for path in ("a.py", "b.py")
        for n in ("one", "two", "three")
    ]
    assert {outcome.state for outcome in await asyncio.gather(*pushes)} == {"confirmed"}
    assert editor.text("a.py") == editor.text("b.py") == "one!\ntwo!\nthree!\n"
    assert most == 2


async def test_settling_tells_each_run_of_its_own_edits_only(root: Path) -> None:
    editor = Editor(root, lying)
    for path in ("a.py", "b.py"):
        editor.open(path, "b = 2\n")
    await editor.edits.push("e1", BLOCK, "")
    await editor.edits.push("e2", BLOCK.model_copy(update={"path": "b.py"}), "")
    assert [one.edit_id for one in await editor.edits.settle(["e2"])] == ["e2"]
    assert [one.edit_id for one in await editor.edits.settle(["e1"])] == ["e1"]


async def test_a_cancelled_push_leaves_no_claim(root: Path) -> None:
    asked = asyncio.Event()

    async def never(editor: Editor, edit: dict[str, Any]) -> Any:
        asked.set()
        await asyncio.Event().wait()

    editor = Editor(root, never)
    push = asyncio.create_task(editor.edits.push("e1", WholeFile(path="a.py", text="x\n"), ""))
    await asked.wait()
    push.cancel()
    with pytest.raises(asyncio.CancelledError):
        await push
    assert await editor.edits.settle() == []
