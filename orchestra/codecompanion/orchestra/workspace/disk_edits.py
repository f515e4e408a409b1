"""The headless edit sink: finished edits go to the disk, each in one step that can be read back."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from codecompanion.contracts.edits import EditOutcome, FileEdit, WholeFile
from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.edits.matching import replace_once
from codecompanion.orchestra.workspace.paths import real_relative_path, relative_path
from codecompanion.orchestra.workspace.protected import why_protected
from codecompanion.orchestra.workspace.safe_files import (
    Folder,
    opened_folder,
    readable_errors,
    temporary_name,
)
from codecompanion.orchestra.workspace.texts import NEW_TEXT, decode, with_endings_of

BIGGEST_EDITED_FILE: Final = 20_000_000
"""Bytes; a bigger file is left alone."""


class DiskEdits:
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

    async def push(self, edit_id: EditId, edit: FileEdit, label: str) -> EditOutcome:
        """Apply and confirm one edit; a failure says why and leaves the disk as it was."""
        return await asyncio.to_thread(self._push, edit_id, edit)

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """Return nothing: a write is confirmed or failed at once, never merely claimed."""
        return []

    def _push(self, edit_id: EditId, edit: FileEdit) -> EditOutcome:
        try:
            with self._one_at_a_time:
                sha256 = self._apply(edit)
        except OrchestraError as error:
            return EditOutcome(edit_id=edit_id, path=edit.path, state="failed", reason=str(error))
        return EditOutcome(edit_id=edit_id, path=edit.path, state="confirmed", sha256=sha256)

    def _apply(self, edit: FileEdit) -> str:
        named = relative_path(edit.path)
        real = real_relative_path(self._root, named)
        reason = why_protected(named) or why_protected(real)
        if reason:
            raise EditRefused(reason)
        parent, _, name = real.rpartition("/")
        with (
            readable_errors(named),
            opened_folder(self._root, parent, make=isinstance(edit, WholeFile)) as folder,
        ):
            is_new = folder.status(name) is None
            sha256 = _rewrite(folder, name, edit)
        if is_new:
            self._created(real)
        return sha256


def _rewrite(folder: Folder, name: str, edit: FileEdit) -> str:
    present = folder.status(name)
    before, status = folder.read(name, BIGGEST_EDITED_FILE) if present else (None, None)
    old = NEW_TEXT if before is None else decode(before, edit.path)
    text = _edited(old.text, edit, absent=before is None)
    data = old.encoded(text)
    temporary = temporary_name()
    folder.create(temporary, data, durable=True)
    try:
        if status:
            folder.keep_mode_and_owner(temporary, status)
        _require_unchanged(folder, name, before, edit.path)
        folder.replace(temporary, name)
    except BaseException:
        folder.discard(temporary)
        raise
    _require_written(folder, name, data, edit.path)
    return sha256_of(text)


def _edited(old: str, edit: FileEdit, *, absent: bool) -> str:
    if isinstance(edit, WholeFile):
        return with_endings_of(old, edit.text.removeprefix("\ufeff"))
    if absent:
        raise EditRefused(
            f"{edit.path!r} does not exist, so nothing in it can be replaced; send the whole file"
        )
    return replace_once(old, edit.search, edit.replace)


def _require_unchanged(folder: Folder, name: str, before: bytes | None, path: str) -> None:
    """Refuse to rename over what someone else wrote since the file was read."""
    now = folder.read(name, BIGGEST_EDITED_FILE)[0] if folder.status(name) else None
    if now != before:
        raise EditRefused(f"{path!r} was changed by someone else at this very moment; read it again")


def _require_written(folder: Folder, name: str, data: bytes, path: str) -> None:
    found = folder.read(name, len(data) + 1)[0]
    if hashlib.sha256(found).digest() != hashlib.sha256(data).digest():
        raise EditRefused(f"{path!r} does not hold what was written to it; another program changed it at once")
