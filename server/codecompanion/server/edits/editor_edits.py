"""The editor as an edit sink: each edit is offered by `workspace/applyEdit` and believed once it is seen."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcException

from codecompanion.contracts.edits import EditOutcome, FileEdit, WholeFile
from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import EditSink
from codecompanion.orchestra.workspace.paths import real_relative_path, relative_path
from codecompanion.orchestra.workspace.protected import why_protected
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.editor.places import relative_to, uri_in
from codecompanion.server.edits.bases import Bases
from codecompanion.server.edits.claims import Claim, Claims, same_text
from codecompanion.server.edits.parties import USUAL_PATIENCE, Disk, Editor, Patience, PendingView
from codecompanion.server.edits.plan import Refusal, plan_edit
from codecompanion.server.edits.workspace_edit import Target, workspace_edit
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.errors import ConnectionClosed
from codecompanion.server.wire.folders import WorkspaceFolder

MOST_TRIES = 4
"""How often one edit is offered while the person types into the same file."""


class _Stale(Enum):
    """The document moved on while the edit was offered: plan it anew."""

    STALE = "stale"


class EditorEdits(EditSink):
    """Implements ``EditSink`` for a folder open in an editor.

    Invariants: edits of one file go out one after the other, each planned against the newest text; an edit that
    would overwrite typing is refused; a failure is an outcome. ``disk`` writes the files that the editor does
    not have open where it cannot take an edit or has not shown it in time.
    """

    def __init__(
        self,
        editor: Editor,
        folder: WorkspaceFolder,
        documents: OpenDocuments,
        view: PendingView,
        disk: Disk,
        *,
        patience: Patience = USUAL_PATIENCE,
    ) -> None:
        self._editor = editor
        self._folder = folder
        self._root = Path(view.root)
        self._documents = documents
        self._view = view
        self._disk = disk
        self._patience = patience
        self._claims = Claims()
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._trying = asyncio.Lock()
        self._shows_closed: bool | None = None
        self.bases = Bases()
        self.stop_listening = documents.listen(self._look)

    def begin_run(self) -> None:
        """Remember the open documents as what a run starts from."""
        self.bases.begin_run(self._documents.texts(self._folder))

    def end_run(self) -> None:
        """Say that a run begun before has ended."""
        self.bases.end_run()

    async def push(self, edit_id: EditId, edit: FileEdit, label: str) -> EditOutcome:
        """Offer one edit, at most a few times while the person types; see ``EditSink.push``."""
        try:
            path = self._writable(edit.path)
            async with self._locks[path]:
                return await self._push(edit_id, path, edit, label)
        except (OrchestraError, OSError, ConnectionClosed) as problem:
            return _failed(edit_id, edit.path, str(problem))
        except JsonRpcException as problem:
            return _failed(edit_id, edit.path, f"the editor answered with an error: {problem.message}")
        except TimeoutError:
            return _failed(
                edit_id, edit.path, "the editor did not answer in time; the text is kept in the run's log"
            )

    def _writable(self, path: str) -> str:
        named = relative_path(path)
        reason = why_protected(named) or why_protected(real_relative_path(self._root, named))
        if reason:
            raise EditRefused(reason)
        return named

    async def _push(self, edit_id: EditId, path: str, edit: FileEdit, label: str) -> EditOutcome:
        for _ in range(MOST_TRIES):
            target = await self._target(path)
            plan = plan_edit(target.text, edit, self.bases.of(path))
            if isinstance(plan, Refusal):
                return _failed(edit_id, path, plan.reason)
            claim = Claim(edit_id, path, plan)
            if plan.changes_nothing:
                return self._landed(claim, plan.after)
            if not self._editor.client.apply_edit:
                return await self._write(claim, "this editor takes no edits from a server")
            send = self._offer if target.document is not None else self._offer_closed
            outcome = await send(claim, target, label)
            if outcome is not _Stale.STALE:
                return outcome
        return _failed(
            edit_id, path, f"{path} kept changing while the edit was offered; nothing was overwritten"
        )

    async def _target(self, path: str) -> Target:
        """Return the file's newest state; a document that has not shown our last edit yet is waited for."""
        earlier = self._claims.of_file(path)
        if earlier and self._document(path) is not None:
            await self._claims.wait_for(earlier, self._patience.settle)
        document = self._document(path)
        if document is not None:
            return Target(path, document.uri, document.text, document)
        text = self._claims.expected(path)
        if text is None and self._view.exists(path):
            text = await asyncio.to_thread(self._view.read, path)
        return Target(path, uri_in(self._folder, path), text)

    def _document(self, path: str) -> OpenDocument | None:
        return self._documents.beneath(self._folder).get(path)

    # -- the offer

    async def _offer_closed(self, claim: Claim, target: Target, label: str) -> EditOutcome | _Stale:
        """Offer an edit of a file that is not open, unless this editor was found to keep such files to itself.

        Some change a hidden buffer that no document and no disk ever shows. One edit at a time tries that out.
        """
        if self._shows_closed is None:
            async with self._trying:
                if self._shows_closed is None:
                    outcome = await self._offer(claim, target, label)
                    if self._document(claim.path) is not None:
                        self._shows_closed = True
                    elif isinstance(outcome, EditOutcome) and outcome.state == "claimed" and claim.plan.splices:
                        self._shows_closed = False
                    return outcome
        if self._shows_closed:
            return await self._offer(claim, target, label)
        return await self._write(claim, "the editor keeps files that are not open to itself")

    async def _offer(self, claim: Claim, target: Target, label: str) -> EditOutcome | _Stale:
        clock = asyncio.get_running_loop().time
        # open before the request goes out: some editors send the change before their answer
        self._claims.add(claim)
        try:
            if target.text is None and not (self._root / claim.path).parent.is_dir():
                await asyncio.to_thread(self._make_parents, claim.path)
            asked_at = clock()
            answer = await self._editor.request(
                "workspace/applyEdit",
                {"label": label, "edit": workspace_edit(target, claim.plan, self._editor.client)},
                timeout=self._patience.answer,
            )
        except BaseException:
            self._claims.take_open([claim.edit_id])
            raise
        if not (isinstance(answer, dict) and answer.get("applied") is True):
            self._claims.take_open([claim.edit_id])
            return await self._refused(
                claim, target, answer, instantly=clock() - asked_at < self._patience.human
            )
        known = target.document is None and self._shows_closed
        await self._claims.wait_for([claim.edit_id], self._patience.closed if known else self._patience.open)
        return self._judged(claim, target)

    def _make_parents(self, path: str) -> None:
        # several editors save a new file only into a folder that is there
        (self._root / path).parent.mkdir(parents=True, exist_ok=True)

    async def _refused(
        self, claim: Claim, target: Target, answer: Any, *, instantly: bool
    ) -> EditOutcome | _Stale:
        if target.document is not None and self._document(claim.path) is not target.document:
            return _Stale.STALE
        reason = answer.get("failureReason") if isinstance(answer, dict) else None
        if reason or target.document is not None or not instantly:
            said = f": {reason}" if isinstance(reason, str) else ""
            return _failed(claim.edit_id, claim.path, f"the editor did not apply the edit{said}")
        # no person says no within a fraction of a second and without a word: this editor cannot do it
        return await self._write(claim, "the editor could not apply the edit")

    def _judged(self, claim: Claim, target: Target) -> EditOutcome | _Stale:
        """Return what an edit came to that the editor says it applied."""
        if seen := self._claims.take_seen([claim.edit_id]):
            return self._landed(claim, seen[0].text)
        newest = self._document(claim.path)
        if target.document is None or newest is None or newest is target.document:
            self._view.note_pending(claim.path, claim.plan.after)
            self.bases.landed(claim.path, claim.plan.after)
            return EditOutcome(edit_id=claim.edit_id, path=claim.path, state="claimed", reason="not seen yet")
        self._claims.take_open([claim.edit_id])
        return self._landed(claim, newest.text) if claim.plan.shows_in(newest.text) else _Stale.STALE

    def _look(self, document: OpenDocument) -> None:
        path = relative_to(self._folder, document.uri)
        if path is None:
            return
        self.bases.opened(path, document.text)
        if self._claims.look(path, document.text):
            self.bases.landed(path, document.text)
            if not self._claims.of_file(path):
                self._view.forget_pending(path)

    async def look_at_disk(self, uris: Iterable[str]) -> None:
        """Take in that files were changed on disk: one that waits to be seen may show there."""
        for path in {relative_to(self._folder, uri) for uri in uris}:
            if path is not None and self._claims.of_file(path) and self._document(path) is None:
                text = await asyncio.to_thread(self._on_disk, path)
                if text is not None and self._claims.look(path, text):
                    self._view.forget_pending(path)

    def _on_disk(self, path: str) -> str | None:
        try:
            return (self._root / path).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    # -- the end

    async def settle(self, edit_ids: Collection[EditId] | None = None) -> list[EditOutcome]:
        """Wait, boundedly, for what these edits (None: all) merely claim; returns what became of it."""
        await self._claims.wait_for(edit_ids, self._patience.settle)
        outcomes = [self._landed(seen.claim, seen.text) for seen in self._claims.take_seen(edit_ids)]
        for claim in self._claims.take_open(edit_ids):
            async with self._locks[claim.path]:
                outcomes.append(await self._given_up(claim))
        return outcomes

    async def _given_up(self, claim: Claim) -> EditOutcome:
        """Return what became of an edit that no document showed in time: the disk knows, or gets it now."""
        self._view.forget_pending(claim.path)
        document = self._document(claim.path)
        if document is not None:
            if claim.plan.shows_in(document.text):
                return self._landed(claim, document.text)
            return _failed(
                claim.edit_id,
                claim.path,
                "the editor said it applied the edit, but its document does not show it",
            )
        try:
            now = (
                await asyncio.to_thread(self._view.read, claim.path) if self._view.exists(claim.path) else None
            )
        except OrchestraError as problem:
            return _failed(claim.edit_id, claim.path, str(problem))
        if now is not None and same_text(claim.plan.after, now):
            return self._landed(claim, now)
        # an editor may have made the file and kept its text to itself
        if (now or None) != (claim.plan.before or None):
            return _failed(claim.edit_id, claim.path, f"{claim.path} was changed on disk meanwhile")
        return await self._write(claim, "the editor did not show it")

    async def _write(self, claim: Claim, why: str) -> EditOutcome:
        """Write a file to the disk that the editor does not have open."""
        if self._document(claim.path) is not None:
            return _failed(
                claim.edit_id, claim.path, f"{why}, and has {claim.path} open: nothing was overwritten"
            )
        whole = WholeFile(path=claim.path, text=claim.plan.after)
        outcome = await self._disk.push(claim.edit_id, whole, "")
        if outcome.state == "failed":
            return outcome
        self._claims.supersede(claim.path, claim.plan.after)
        self._view.forget_pending(claim.path)
        self._note_author(claim)
        self.bases.landed(claim.path, claim.plan.after)
        return outcome.model_copy(update={"reason": f"written to disk; {why}"})

    def _note_author(self, claim: Claim) -> None:
        # a change to a file that was there must not open it to agents where .gitignore keeps it from them
        if claim.plan.before is None:
            self._view.note_authored(claim.path)

    def _landed(self, claim: Claim, text: str) -> EditOutcome:
        self._note_author(claim)
        self.bases.landed(claim.path, text)
        return EditOutcome(edit_id=claim.edit_id, path=claim.path, state="confirmed", sha256=sha256_of(text))


def _failed(edit_id: EditId, path: str, reason: str) -> EditOutcome:
    return EditOutcome(edit_id=edit_id, path=path, state="failed", reason=reason)
