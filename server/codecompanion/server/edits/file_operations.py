"""Removing and renaming files: by an operation that the editor can undo where it has one, else on the disk."""

import asyncio
from collections.abc import Callable
from typing import Any

from codecompanion.contracts.edits import DeleteFile, EditOutcome, RenameFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.ids import EditId
from codecompanion.server.edits.claims import same_text
from codecompanion.server.edits.delivery import Delivery, applied, failed
from codecompanion.server.edits.parties import PendingView
from codecompanion.server.edits.sightings import Sightings
from codecompanion.server.wire.documents import OpenDocument

_LOOK_EVERY = 0.02
"""Seconds between looks at the disk, which tells nobody of its changes."""


class FileOperations:
    """Removes and renames files of a folder that is open in an editor.

    Nothing unsaved is ever lost: a document that the user changed, or that would go with unsaved text, refuses.
    """

    def __init__(self, delivery: Delivery, sightings: Sightings, view: PendingView) -> None:
        self._delivery = delivery
        self._sightings = sightings
        self._view = view

    async def remove(self, edit_id: EditId, edit: DeleteFile, base: str | None, label: str) -> EditOutcome:
        """Remove a file that still holds what the edit's author knew."""
        path, document = edit.path, self._sightings.document(edit.path)
        known = edit.text if edit.text is not None else base
        if document is not None and known is not None and not same_text(document.text, known):
            return failed(edit_id, path, f"{path} was changed meanwhile, so it was not removed")
        if document is not None and known is None and await self._unsaved(path, document):
            return failed(edit_id, path, f"{path} has unsaved changes, so it was not removed")
        if self._delivery.editor.client.delete_files:
            uri = document.uri if document else self._sightings.uri(path)
            operation = {"kind": "delete", "uri": uri, "options": {"ignoreIfNotExists": True}}
            there = document is not None or self._view.exists(path)
            if there and await self._asked(operation, label, lambda: not self._view.exists(path)):
                return _done(edit_id, path)
        if self._sightings.document(path) is not None:
            return failed(edit_id, path, f"the editor has {path} open and did not remove it; close it first")
        outcome = await self._delivery.disk.push(edit_id, edit, label, base)
        return _said(outcome, "removed on disk")

    async def rename(self, edit_id: EditId, edit: RenameFile, label: str) -> EditOutcome:
        """Give a file another path that is free."""
        path, document = edit.path, self._sightings.document(edit.path)
        if self._view.exists(edit.to):
            return failed(edit_id, path, f"{edit.to} exists already, and nothing is moved over another file")
        if document is not None and await self._unsaved(path, document):
            return failed(edit_id, path, f"{path} has unsaved changes; save it, then it can be renamed")
        if self._delivery.editor.client.rename_files and self._view.exists(path):
            uri = document.uri if document else self._sightings.uri(path)
            operation = {"kind": "rename", "oldUri": uri, "newUri": self._sightings.uri(edit.to)}
            if await self._asked(operation, label, lambda: self._moved(path, edit.to)):
                return _done(edit_id, path)
        if self._sightings.document(path) is not None:
            return failed(edit_id, path, f"the editor has {path} open and did not rename it; close it first")
        outcome = await self._delivery.disk.push(edit_id, edit, label)
        return _said(outcome, "renamed on disk")

    def _moved(self, path: str, to: str) -> bool:
        return self._view.exists(to) and not self._view.exists(path)

    async def _asked(self, operation: dict[str, Any], label: str, holds: Callable[[], bool]) -> bool:
        """Return whether the editor did it and that is seen; raises ``EditRefused`` where it gives a reason."""
        answer = await self._delivery.ask({"documentChanges": [operation]}, label)
        reason = answer.get("failureReason") if isinstance(answer, dict) else None
        if reason and not applied(answer):
            raise EditRefused(f"the editor did not {operation['kind']} the file: {reason}")
        return applied(answer) and await self._seen(holds)

    async def _seen(self, holds: Callable[[], bool]) -> bool:
        """Wait, boundedly, until the disk and the documents show what the editor says it did."""
        for _ in range(round(self._delivery.patience.open / _LOOK_EVERY) + 1):
            if await asyncio.to_thread(holds):
                return True
            await asyncio.sleep(_LOOK_EVERY)
        return False

    async def _unsaved(self, path: str, document: OpenDocument) -> bool:
        on_disk = await asyncio.to_thread(self._sightings.on_disk, path)
        return on_disk is None or not same_text(on_disk, document.text)


def _done(edit_id: EditId, path: str) -> EditOutcome:
    return EditOutcome(edit_id=edit_id, path=path, state="confirmed")


def _said(outcome: EditOutcome, where: str) -> EditOutcome:
    return outcome if outcome.state == "failed" else outcome.model_copy(update={"reason": where})
