"""The way of one planned text into a file: offered by `workspace/applyEdit`, believed once it is seen."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from codecompanion.contracts.edits import EditOutcome, HeldPart
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.merging.rebase import HELD
from codecompanion.orchestra.workspace.disk_changes import drop_folders, missing_folders
from codecompanion.server.edits.claims import Claim, Seen, same_text
from codecompanion.server.edits.parties import Disk, Editor, Patience, PendingView
from codecompanion.server.edits.plan import PlannedEdit, Refusal
from codecompanion.server.edits.sightings import Sightings
from codecompanion.server.edits.traces import Mishap, Trace
from codecompanion.server.edits.workspace_edit import Target, text_edits, workspace_edit

MOST_TRIES = 4
"""How often one edit is offered while the person types into the same file."""

MOST_MENDINGS = 50
"""How often a text is offered that an editor mangled, by making an edit in a text it was not meant for."""

Planner = Callable[[str | None], PlannedEdit | Refusal]
"""What to change in a file's newest text, None standing for no file."""


class _Stale(Enum):
    """The document moved on while the edit was offered: plan it anew."""

    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an edit, and the plan it was last tried with."""

    outcome: EditOutcome
    plan: PlannedEdit | None = None


class Delivery:
    """Brings texts into the files of a folder that is open in an editor.

    Whoever calls sees to it that one file is delivered to at a time; each edit is planned against the newest
    text. ``disk`` writes the files that the editor does not have open where it cannot take an edit or has not
    shown it in time.
    """

    def __init__(
        self,
        editor: Editor,
        sightings: Sightings,
        view: PendingView,
        disk: Disk,
        *,
        patience: Patience,
    ) -> None:
        self.editor = editor
        self.disk = disk
        self.patience = patience
        self._sightings = sightings
        self._claims = sightings.claims
        self._root = Path(view.root)
        self._view = view
        self._folders: dict[str, tuple[str, ...]] = {}
        self._trying = asyncio.Lock()
        self._shows_closed: bool | None = None

    async def deliver(self, edit_id: EditId, path: str, plan_for: Planner, label: str) -> Delivered:
        """Plan and offer an edit, at most a few times while the person types.

        What an editor mangled is mended before anything else, however often that takes.
        """
        most = MOST_TRIES
        for tries in itertools.count(1):
            target = await self._sightings.target(path, self.patience)
            plan = plan_for(target.text)
            if isinstance(plan, Refusal):
                return Delivered(failed(edit_id, path, plan.reason))
            if plan.held and plan.changes_nothing and not plan.mends:
                return Delivered(failed(edit_id, path, HELD, plan.held), plan)
            outcome = await self._sent(self._claim(edit_id, plan, target), target, label)
            if isinstance(outcome, EditOutcome):
                return Delivered(outcome, plan)
            if isinstance(outcome, Mishap):
                plan_for, most = outcome.plan_for, MOST_MENDINGS
            if tries >= most:
                break
        reason = f"{path} kept changing while the edit was offered; nothing was overwritten"
        return Delivered(failed(edit_id, path, reason))

    def _claim(self, edit_id: EditId, plan: PlannedEdit, target: Target) -> Claim:
        if target.document is None:
            return Claim(edit_id, target.path, plan)
        edits = text_edits(target, plan.splices, self.editor.client)
        return Claim(edit_id, target.path, plan, Trace(target.document, plan, edits))

    async def _sent(self, claim: Claim, target: Target, label: str) -> EditOutcome | Mishap | _Stale:
        if claim.plan.changes_nothing:
            return self._landed(claim, claim.plan.after)
        if not self.editor.client.apply_edit:
            return await self._write(claim, "this editor takes no edits from a server")
        if target.document is not None:
            return await self._offer(claim, target, label)
        return await self._offer_closed(claim, target, label)

    # -- the offer

    async def _offer_closed(self, claim: Claim, target: Target, label: str) -> EditOutcome | Mishap | _Stale:
        """Offer an edit of a file that is not open, unless this editor was found to keep such files to itself.

        Some change a hidden buffer that no document and no disk ever shows. One edit at a time tries that out.
        """
        if self._shows_closed is None:
            async with self._trying:
                if self._shows_closed is None:
                    outcome = await self._offer(claim, target, label)
                    if self._sightings.document(claim.path) is not None:
                        self._shows_closed = True
                    elif isinstance(outcome, EditOutcome) and outcome.state == "claimed" and claim.plan.splices:
                        self._shows_closed = False
                    return outcome
        if self._shows_closed:
            return await self._offer(claim, target, label)
        return await self._write(claim, "the editor keeps files that are not open to itself")

    async def _offer(self, claim: Claim, target: Target, label: str) -> EditOutcome | Mishap | _Stale:
        clock = asyncio.get_running_loop().time
        # open before the request goes out: some editors send the change before their answer
        self._claims.add(claim)
        try:
            if target.text is None and not (self._root / claim.path).parent.is_dir():
                await asyncio.to_thread(self._make_parents, claim.path)
            asked_at = clock()
            known = claim.trace.edits if claim.trace else None
            answer = await self.ask(workspace_edit(target, claim.plan, self.editor.client, known), label)
        except BaseException:
            self._claims.take_open([claim.edit_id])
            raise
        if not applied(answer):
            self._claims.take_open([claim.edit_id])
            instantly = clock() - asked_at < self.patience.human
            return await self._refused(claim, target, answer, instantly=instantly)
        quick = target.document is None and self._shows_closed
        await self._claims.wait_for([claim.edit_id], self.patience.closed if quick else self.patience.open)
        return self._judged(claim, target)

    async def ask(self, edit: dict[str, Any], label: str) -> Any:
        """Ask the editor to apply an edit and return its answer, which is a claim and no proof."""
        params = {"label": label, "edit": edit}
        return await self.editor.request("workspace/applyEdit", params, timeout=self.patience.answer)

    def _make_parents(self, path: str) -> None:
        # several editors save a new file only into a folder that is there
        self._folders[path] = missing_folders(self._root, path)
        (self._root / path).parent.mkdir(parents=True, exist_ok=True)

    def drop_parents(self, path: str) -> None:
        """Remove the folders that were made for a file and are empty again."""
        drop_folders(self._root, self._folders.pop(path, ()))

    async def _refused(
        self, claim: Claim, target: Target, answer: Any, *, instantly: bool
    ) -> EditOutcome | _Stale:
        if target.document is not None and self._sightings.document(claim.path) is not target.document:
            return _Stale.STALE
        reason = answer.get("failureReason") if isinstance(answer, dict) else None
        if reason or target.document is not None or not instantly:
            said = f": {reason}" if isinstance(reason, str) else ""
            return failed(claim.edit_id, claim.path, f"the editor did not apply the edit{said}")
        # no person says no within a fraction of a second and without a word: this editor cannot do it
        return await self._write(claim, "the editor could not apply the edit")

    def _judged(self, claim: Claim, target: Target) -> EditOutcome | Mishap | _Stale:
        """Return what an edit came to that the editor says it applied."""
        if mishap := claim.mishap():
            self._claims.take_seen([claim.edit_id])
            self._claims.take_open([claim.edit_id])
            return mishap
        if (seen := self._claims.take_seen([claim.edit_id])) and seen[0].text is not None:
            return self._landed(claim, seen[0].text)
        newest = self._sightings.document(claim.path)
        if target.document is None or newest is None or newest is target.document:
            self._view.note_pending(claim.path, claim.plan.after)
            self._sightings.bases.landed(claim.path, claim.plan.known)
            return _outcome(claim, "claimed", reason="not seen yet")
        self._claims.take_open([claim.edit_id])
        return self._landed(claim, newest.text) if claim.shows_in(newest.text) else _Stale.STALE

    # -- the end

    async def conclude(self, seen: Seen) -> EditOutcome:
        """Return what became of a claim that was waited for; the caller holds its file."""
        claim = seen.claim
        if mishap := claim.mishap():
            return (await self.deliver(claim.edit_id, claim.path, mishap.plan_for, "")).outcome
        if seen.text is not None:
            return self._landed(claim, seen.text)
        return await self._given_up(claim)

    async def _given_up(self, claim: Claim) -> EditOutcome:
        """Return what became of an edit that no document showed in time: the disk knows, or gets it now."""
        self._view.forget_pending(claim.path)
        document = self._sightings.document(claim.path)
        if document is not None:
            if claim.shows_in(document.text):
                return self._landed(claim, document.text)
            reason = "the editor said it applied the edit, but its document does not show it"
            return failed(claim.edit_id, claim.path, reason)
        try:
            exists = self._view.exists(claim.path)
            now = await asyncio.to_thread(self._view.read, claim.path) if exists else None
        except OrchestraError as problem:
            return failed(claim.edit_id, claim.path, str(problem))
        if now is not None and same_text(claim.plan.after, now):
            return self._landed(claim, now)
        return await self._write(claim, "the editor did not show it")

    async def _write(self, claim: Claim, why: str) -> EditOutcome:
        """Write a file to the disk that the editor does not have open."""
        if self._sightings.document(claim.path) is not None:
            reason = f"{why}, and has {claim.path} open: nothing was overwritten"
            return failed(claim.edit_id, claim.path, reason)
        # beneath a text that the editor keeps to itself the disk still has an earlier one
        expected = [claim.plan.before, *self._claims.befores(claim.path)]
        outcome = await self.disk.write(claim.edit_id, claim.path, expected, claim.plan.after)
        if outcome.state == "failed":
            return outcome
        self._claims.supersede(claim.path, claim.plan.after)
        self._view.forget_pending(claim.path)
        return self._landed(claim, claim.plan.after, f"written to disk; {why}")

    def _landed(self, claim: Claim, text: str, reason: str = "") -> EditOutcome:
        # a change to a file that was there must not open it to agents where .gitignore keeps it from them
        if claim.plan.before is None:
            self._view.note_authored(claim.path)
        self._sightings.bases.landed(claim.path, claim.plan.known)
        return _outcome(claim, "confirmed", reason=reason, sha256=sha256_of(text))


def applied(answer: Any) -> bool:
    """Whether the editor says that it made the edit."""
    return isinstance(answer, dict) and answer.get("applied") is True


def failed(edit_id: EditId, path: str, reason: str, held: tuple[HeldPart, ...] = ()) -> EditOutcome:
    """Return the outcome of an edit that was not made."""
    return EditOutcome(edit_id=edit_id, path=path, state="failed", reason=reason, held=held)


def _outcome(claim: Claim, state: Any, *, reason: str = "", sha256: str = "") -> EditOutcome:
    return EditOutcome(
        edit_id=claim.edit_id,
        path=claim.path,
        state=state,
        reason=reason,
        sha256=sha256,
        held=claim.plan.held,
    )
