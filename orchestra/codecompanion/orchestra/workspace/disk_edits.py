"""The headless edit sink: finished edits go to the disk, each in one step that can be read back."""

import asyncio
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from codecompanion.contracts.edits import (
    DeleteFile,
    EditOutcome,
    FileEdit,
    GroupedEdit,
    HeldPart,
    RenameFile,
    ReplaceBlock,
    WholeFile,
)
from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import EditSink
from codecompanion.orchestra.merging.rebase import HELD, TextEdit, rebased
from codecompanion.orchestra.workspace.disk_changes import (
    Made,
    Moved,
    change,
    entry_is_link,
    move,
    take_back,
)
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import writable_path
from codecompanion.orchestra.workspace.texts import NEW_TEXT, decode


class DiskEdits(EditSink):
    """Implements ``EditSink`` for a folder that no editor holds.

    An edit is wholly applied or not at all: the new text is written beside the file, made durable, renamed
    over it, and read back. Permissions, line endings and byte order mark stay. Edits are applied one at a time.
    The outcome's ``sha256`` is that of the file's new text in UTF-8, without a byte order mark. ``created`` is
    told the path of each file that was not there before: a view may show it where .gitignore hides others.
    """

    def __init__(self, root: str | Path, created: Callable[[str], None] = lambda path: None) -> None:
        self._root = Path(root).resolve()
        self._created = created
        # a thread's lock: a cancelled push still finishes in its thread, and the next must wait for it
        self._one_at_a_time = threading.Lock()

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """Apply and confirm one edit; a failure says why and leaves the disk as it was."""
        return await asyncio.to_thread(self._push, edit_id, edit, base)

    async def push_all(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """As ``EditSink.push_all``."""
        return await asyncio.to_thread(self._push_all, group)

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """Return nothing: a write is confirmed or failed at once, never merely claimed."""
        return []

    async def write(
        self, edit_id: EditId, path: str, expected: Collection[str | None], text: str | None
    ) -> EditOutcome:
        """Let a file that reads as one of ``expected`` read exactly ``text``; None stands for no file."""

        def exactly(now: str | None) -> tuple[str | None, tuple[HeldPart, ...]]:
            # an editor may have made the file and kept its text to itself
            if (now or None) not in {known or None for known in expected}:
                raise EditRefused(f"{path!r} was changed on disk meanwhile")
            return text, ()

        return await asyncio.to_thread(self._outcome, edit_id, path, lambda: self._rewritten(path, exactly))

    def _push(self, edit_id: EditId, edit: FileEdit, base: str | None) -> EditOutcome:
        return self._outcome(edit_id, edit.path, lambda: self._apply(edit, base))

    def _outcome(self, edit_id: EditId, path: str, apply: Callable[[], "_Applied"]) -> EditOutcome:
        try:
            with self._one_at_a_time:
                applied = apply()
        except _HeldWhole as held:
            return EditOutcome(edit_id=edit_id, path=path, state="failed", reason=HELD, held=held.parts)
        except OrchestraError as error:
            return EditOutcome(edit_id=edit_id, path=path, state="failed", reason=str(error))
        return applied.outcome(edit_id, path)

    def _push_all(self, group: Sequence[GroupedEdit]) -> list[EditOutcome]:
        done: list[_Applied] = []
        with self._one_at_a_time:
            for number, one in enumerate(group):
                try:
                    applied = self._apply(one.edit, one.base)
                    done.append(applied)
                    reason, held = (HELD, applied.held) if applied.held else ("", ())
                except _HeldWhole as whole:
                    reason, held = HELD, whole.parts
                except OrchestraError as error:
                    reason, held = str(error), ()
                if reason:
                    return self._taken_back(group, done, number, reason, held)
        return [applied.outcome(one.edit_id, one.edit.path) for one, applied in zip(group, done, strict=True)]

    def _taken_back(
        self,
        group: Sequence[GroupedEdit],
        done: list["_Applied"],
        number: int,
        reason: str,
        held: tuple[HeldPart, ...],
    ) -> list[EditOutcome]:
        """Undo what was done, last first, and say of each edit of the group what became of it."""
        left = {index: take_back(self._root, done[index].change) for index in reversed(range(len(done)))}
        because = f"{group[number].edit.path} could not be changed, and all belong together: {reason}"
        return [
            EditOutcome(
                edit_id=one.edit_id,
                path=one.edit.path,
                state="failed",
                reason=". ".join(filter(None, [reason if index == number else because, left.get(index)])),
                held=held if index == number else (),
            )
            for index, one in enumerate(group)
        ]

    # -- each kind of edit

    def _apply(self, edit: FileEdit, base: str | None) -> "_Applied":
        if isinstance(edit, DeleteFile):
            return self._deleted(edit, base)
        if isinstance(edit, RenameFile):
            return self._renamed(edit)
        return self._rewritten(edit.path, lambda now: _text_and_held(now, edit, base))

    def _rewritten(
        self, path: str, text_of: Callable[[str | None], tuple[str | None, tuple[HeldPart, ...]]]
    ) -> "_Applied":
        real = writable_path(self._root, path)
        found: list[tuple[str | None, tuple[HeldPart, ...]]] = []

        def make(before: bytes | None) -> bytes | None:
            old = NEW_TEXT if before is None else decode(before, path)
            found.append(text_of(None if before is None else old.text))
            text = found[-1][0]
            return None if text is None else old.encoded(text)

        made = change(self._root, real, make, make_folders=True)
        if made.before is None and made.after is not None:
            self._created(real)
        text, held = found[-1]
        return _Applied(made, "" if text is None else sha256_of(text), held)

    def _deleted(self, edit: DeleteFile, base: str | None) -> "_Applied":
        self._require_own_name(edit.path)
        known = edit.text if edit.text is not None else base

        def nothing(now: str | None) -> tuple[None, tuple[HeldPart, ...]]:
            if now is None:
                raise EditRefused(f"{edit.path!r} does not exist, so it cannot be removed")
            if known is not None and now != known:
                raise EditRefused(f"{edit.path!r} was changed by someone else meanwhile, so it was not removed")
            return None, ()

        return self._rewritten(edit.path, nothing)

    def _renamed(self, edit: RenameFile) -> "_Applied":
        self._require_own_name(edit.path)
        self._require_own_name(edit.to)
        return _Applied(
            move(self._root, writable_path(self._root, edit.path), writable_path(self._root, edit.to)), ""
        )

    def _require_own_name(self, path: str) -> None:
        if entry_is_link(self._root, relative_path(path)):
            raise EditRefused(f"{path!r} is a link, and only files are removed or renamed; do it by hand")


class _HeldWhole(OrchestraError):
    """Nothing of an edit is left once what someone else changed stays."""

    def __init__(self, parts: tuple[HeldPart, ...]) -> None:
        super().__init__(HELD)
        self.parts = parts


class _Applied:
    """A change that was made, the hash of the new text, and what of the edit was held."""

    def __init__(self, made: Made | Moved, sha256: str, held: tuple[HeldPart, ...] = ()) -> None:
        self.change = made
        self.sha256 = sha256
        self.held = held

    def outcome(self, edit_id: EditId, path: str) -> EditOutcome:
        """Return the confirmation of the change."""
        return EditOutcome(edit_id=edit_id, path=path, state="confirmed", sha256=self.sha256, held=self.held)


def _text_and_held(now: str | None, edit: TextEdit, base: str | None) -> tuple[str, tuple[HeldPart, ...]]:
    if now is None and isinstance(edit, ReplaceBlock) and base is None:
        raise EditRefused(
            f"{edit.path!r} does not exist, so nothing in it can be replaced; send the whole file"
        )
    if isinstance(edit, WholeFile):
        edit = edit.model_copy(update={"text": edit.text.removeprefix("\ufeff")})
    wanted = rebased(now, edit, base)
    if wanted.conflicts and wanted.text == now:
        raise _HeldWhole(wanted.held)
    return wanted.text, wanted.held
