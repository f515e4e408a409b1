"""Edits that belong together: whatever goes wrong at whichever of them, all are made or all is as it was."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from codecompanion.contracts.edits import (
    DeleteFile,
    EditOutcome,
    GroupedEdit,
    RenameFile,
    ReplaceBlock,
    WholeFile,
)
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.server.edits.tempers import TEMPERS
from codecompanion.server.wire.errors import ConnectionClosed

FILES = {
    "a.py": b"a = 1\nb = 2\n",
    "b.py": b"x = 1\n\ny = 2\n",
    "closed.py": b"\xef\xbb\xbfone\r\ntwo\r\nthree",
    "gone.py": b"to be removed \xc3\xa9\n",
    "old.py": b"to be renamed\n",
}
GROUP = [
    ReplaceBlock(path="a.py", search="b = 2\n", replace="b = 3\n"),
    WholeFile(path="pkg/deep/new.py", text="new = True\n"),
    ReplaceBlock(path="closed.py", search="two\n", replace="2\nand more\n"),
    DeleteFile(path="gone.py"),
    RenameFile(path="old.py", to="renamed.py"),
    WholeFile(path="b.py", text="x = 5\n\ny = 6\n"),
]


def group() -> list[GroupedEdit]:
    bases = {"b.py": FILES["b.py"].decode()}
    return [GroupedEdit(edit_id=f"e{n}", edit=edit, base=bases.get(edit.path)) for n, edit in enumerate(GROUP)]


def on_disk(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def refused(ask: Callable[[], Any]) -> Any:
    return {"applied": False, "failureReason": "no thanks"}


async def failing(ask: Callable[[], Any]) -> Any:
    raise JsonRpcException("Internal error", -32603)


async def silent(ask: Callable[[], Any]) -> Any:
    raise TimeoutError


async def lying(ask: Callable[[], Any]) -> Any:
    return {"applied": True}


async def gone(ask: Callable[[], Any]) -> Any:
    raise ConnectionClosed("the client went away")


FAULTS = (refused, failing, silent, lying, gone)
EDITORS = ("vscode", "neovim", "helix", "eglot", "lsp-mode")


class Faulty:
    """Lets one edit of the group go wrong, and nothing that is put back afterwards."""

    def __init__(self, editor: Any, fault: Any, path: str) -> None:
        self.really, self.fault, self.path = editor.request, fault, path
        self.met = 0
        editor.request = self.request

    async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
        def ask() -> Any:
            return self.really(method, params, timeout=timeout)

        named = f"/{self.path}'" in str(params["edit"])
        if self.fault is gone and self.met:
            return await gone(ask)
        if named and not params["label"].startswith("back"):
            self.met += 1
            return await self.fault(ask)
        return await ask()


@pytest.fixture
def opened(make_world: Callable[..., Any]) -> Callable[..., Any]:
    """A folder with two open documents, one of them with unsaved typing."""

    async def open_in(temper: str) -> Any:
        world = make_world(TEMPERS[temper], FILES)
        world.editor.open("a.py")
        world.editor.open("b.py")
        await asyncio.sleep(1.0)
        world.editor.type("b.py", 0, 0, "# typed and not saved\n")
        await asyncio.sleep(1.0)
        return world

    return open_in


def said(outcomes: list[EditOutcome]) -> dict[str, str]:
    return {one.path: one.reason for one in outcomes if one.state == "failed"}


@pytest.mark.parametrize("temper", EDITORS)
def test_a_group_without_faults_is_made_as_a_whole(in_made_up_time: Any, opened: Any, temper: str) -> None:
    async def main() -> None:
        world = await opened(temper)
        outcomes = await world.edits.push_all(group(), "all")
        assert {one.state for one in outcomes} == {"confirmed"}, outcomes
        assert world.editor.buffers["a.py"].text == "a = 1\nb = 3\n"
        assert world.editor.buffers["b.py"].text == "# typed and not saved\nx = 5\n\ny = 6\n"
        assert world.view.read("pkg/deep/new.py") == "new = True\n"
        assert world.view.read("closed.py").splitlines() == ["one", "2", "and more", "three"]
        assert not (world.root / "gone.py").exists()
        assert (world.root / "renamed.py").read_bytes() == FILES["old.py"]

    in_made_up_time(main())


@pytest.mark.parametrize("index", range(len(GROUP)))
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("temper", EDITORS)
def test_after_a_fault_all_is_made_or_all_is_as_it_was(
    in_made_up_time: Any, opened: Any, temper: str, fault: Any, index: int
) -> None:
    async def main() -> None:
        world = await opened(temper)
        before, buffers = on_disk(world.root), world.texts()
        faulty = Faulty(world.editor, fault, GROUP[index].path)
        outcomes = await world.edits.push_all(group(), "all")
        states = {one.state for one in outcomes}
        if states == {"confirmed"}:
            # the editor was not needed for this one, or what it did not do was done on the disk
            assert not faulty.met or fault is not refused
            return
        assert states == {"failed"}, outcomes
        assert all("put back" not in reason for reason in said(outcomes).values()), said(outcomes)
        assert on_disk(world.root) == before
        assert not (world.root / "pkg").exists()
        if fault is not gone:
            # a file that was opened for its edit may stay open, and a new one that cannot be closed is empty
            as_before = {path: data.decode() for path, data in before.items()} | buffers
            assert all(text == as_before.get(path, "") for path, text in world.texts().items())

    in_made_up_time(main())


@pytest.mark.parametrize("temper", EDITORS)
def test_what_the_user_typed_meanwhile_stays_and_only_the_rest_is_put_back(
    in_made_up_time: Any, opened: Any, temper: str
) -> None:
    async def main() -> None:
        world = await opened(temper)

        async def typing(ask: Callable[[], Any]) -> Any:
            world.editor.type("a.py", 0, 0, "# mine\n")
            at = world.editor.buffers["a.py"].text.index("b = 3")
            world.editor.type("a.py", at + 5, at + 5, "33")
            await asyncio.sleep(1.0)
            return {"applied": False, "failureReason": "no thanks"}

        changes = [
            GroupedEdit(
                edit_id="e0", edit=WholeFile(path="a.py", text="a = 9\n\nb = 3\n"), base="a = 1\nb = 2\n"
            ),
            GroupedEdit(edit_id="e1", edit=GROUP[5]),
        ]
        Faulty(world.editor, typing, "b.py")
        outcomes = await world.edits.push_all(changes, "all")
        await asyncio.sleep(1.0)
        assert {one.state for one in outcomes} == {"failed"}
        assert "stay" in said(outcomes)["a.py"]
        text = world.editor.buffers["a.py"].text
        assert text.startswith("# mine\n")
        assert "b = 333" in text
        assert world.editor.buffers["b.py"].text == "# typed and not saved\nx = 1\n\ny = 2\n"

    in_made_up_time(main())


def test_a_part_that_must_be_held_keeps_the_whole_group_back(in_made_up_time: Any, opened: Any) -> None:
    async def main() -> None:
        world = await opened("vscode")
        before, buffers = on_disk(world.root), world.texts()
        changes = [
            GroupedEdit(edit_id="e0", edit=GROUP[0]),
            GroupedEdit(
                edit_id="e1",
                edit=WholeFile(path="b.py", text="# its own\nx = 1\n\ny = 2\n"),
                base="x = 1\n\ny = 2\n",
            ),
        ]
        outcomes = await world.edits.push_all(changes, "all")
        assert {one.state for one in outcomes} == {"failed"}
        assert [len(one.held) for one in outcomes] == [0, 1]
        assert (on_disk(world.root), world.texts()) == (before, buffers)

    in_made_up_time(main())


# -- on the disk


@pytest.mark.parametrize("index", range(len(GROUP)))
async def test_on_the_disk_a_group_is_made_or_all_bytes_are_as_they_were(tmp_path: Path, index: int) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o640)
    sink = DiskEdits(tmp_path)
    before = on_disk(tmp_path)
    broken = group()
    edit = ReplaceBlock(path="b.py", search="is not there\n", replace="x\n")
    broken[index] = GroupedEdit(edit_id="bad", edit=edit)
    outcomes = await sink.push_all(broken, "")
    assert {one.state for one in outcomes} == {"failed"}
    assert "no place" in outcomes[index].reason
    assert on_disk(tmp_path) == before
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    assert {one.state for one in await sink.push_all(group(), "")} == {"confirmed"}
    assert (tmp_path / "closed.py").read_bytes() == b"\xef\xbb\xbfone\r\n2\r\nand more\r\nthree"
    assert set(on_disk(tmp_path)) == {"a.py", "b.py", "closed.py", "renamed.py", "pkg/deep/new.py"}
