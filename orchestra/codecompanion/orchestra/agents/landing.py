"""The way of one piece of an answer into its file: checked against the file as it is now, sent, remembered."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.agents.arrivals import has_arrived
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.piece import Piece, piece
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.leases import Holder
from codecompanion.orchestra.merging.rebase import changed_by_agents


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece that was not sent or did not land, with the reason as feedback for the model."""

    edit: FileEdit | None
    reason: str
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece that waits, because other agents are at the lines it would change."""

    others: frozenset[Holder]


@dataclass(slots=True)
class Part:
    """A piece that is on its way; ``recorded`` is its proposal where it was sent before an interruption."""

    edit: FileEdit
    fingerprint: str
    recorded: e.EditProposed | None = None


class Landing:
    """Lands the pieces of one answer, for one agent.

    ``landed`` maps each changed path to the hash of its new text. ``done`` has the fingerprints of what landed
    of the task's earlier answers and of this one. ``held`` names the places where the user's own changes
    stayed. The caller lets one piece at a time at each file.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        role: Role,
        task_id: TaskId,
        known: KnownTexts,
        done: set[str],
        on_landed: Callable[[str, str], Awaitable[None]],
        objection: Callable[[str, str | None, str], str] | None,
        epoch: int | None,
    ) -> None:
        self._desk = desk
        self._holder = desk.holder(task_id)
        self._role = role
        self._task_id = task_id
        self._known = known
        self._done = done
        self._on_landed = on_landed
        self._objection = objection
        self._epoch = epoch
        self._transcript = desk.transcript(task_id)
        self.landed: dict[str, str] = {}
        self.held: list[str] = []

    def part(self, edit: FileEdit) -> Part:
        """Return a piece as it begins its way."""
        return Part(edit, sha256_of(edit.model_dump_json()))

    def now(self, path: str) -> str | None:
        """Return what a file reads, None when there is no such file; raises ``WorkspaceError``."""
        return self._desk.view.read(path) if self._desk.view.exists(path) else None

    async def is_over(self, part: Part) -> Rejection | bool:
        """Return whether the piece has landed before, or why it did not; raises ``WorkspaceError``."""
        if part.fingerprint in self._done:
            return True
        part.recorded = self._transcript.proposed(part.edit)
        if part.recorded is None:
            return False
        if known := self._desk.log.state.settled.get(part.recorded.edit_id):
            return await self._remember(part, known) or True
        current = self.now(part.edit.path)
        if current is None or not await self._has_arrived(current, part.recorded):
            return False
        await self._reconcile(part.recorded, current)
        self._over(part)
        return True

    async def objection_to(self, wanted: Piece) -> str:
        """Return why this agent must not make the change, '' where it may."""
        if self._objection is None:
            return ""
        # a file that is renamed is gone from where it was, like one that is removed
        text = "" if isinstance(wanted.edit, RenameFile) else wanted.wanted.text
        return await asyncio.to_thread(self._objection, wanted.edit.path, wanted.current, text)

    async def send(self, part: Part, wanted: Piece, *, insist: bool) -> Rejection | Taken | None:
        """Push a piece that was found good, and take in what became of it."""
        if hindrance := self._hindrance(wanted, insist=insist):
            return hindrance
        if wanted.done_already:
            await self._landed(wanted.path, wanted.wanted.text)
        elif rejection := await self._push(wanted, part.recorded):
            return rejection
        self._done.add(part.fingerprint)
        wanted.note_in(self._known)
        return None

    async def keep(self, rejection: Rejection) -> None:
        """Record a piece that was given up, so that nothing a model wrote is lost."""
        if rejection.edit is None or rejection.recorded:
            return
        proposal = self._proposal(rejection.edit, "")
        await self._desk.note(proposal)
        failed = EditOutcome(
            edit_id=proposal.edit_id, path=rejection.edit.path, state="failed", reason=rejection.reason
        )
        await self._desk.note(e.EditSettled(outcome=failed))

    def _hindrance(self, wanted: Piece, *, insist: bool) -> Rejection | Taken | None:
        """Take the lines to be changed for this task; returns who or what is in the way."""
        path, before, leases = wanted.edit.path, wanted.current or "", self._desk.leases
        others = leases.take(self._holder, path, before, wanted.wanted.changes_of(before))
        if others and not insist:
            return Taken(others)
        if leases.between_agents(self._holder, path, wanted.wanted.conflicts):
            return Rejection(wanted.edit, f"{path}: {changed_by_agents(wanted.wanted.conflicts)}")
        return None

    async def _push(self, wanted: Piece, recorded: e.EditProposed | None) -> Rejection | None:
        await self._desk.gate()
        edit, text = wanted.edit, wanted.wanted.text
        proposal = recorded or self._proposal(edit, sha256_of(text))
        outcome = await self._desk.push(proposal, wanted.current, self._epoch, self._known.of(edit.path))
        if outcome.state == "failed" and not outcome.held:
            return Rejection(edit, f"{edit.path}: {outcome.reason}", recorded=True)
        self.held += [f"{edit.path} line {part.line}" for part in outcome.held]
        if outcome.state != "failed":
            self._desk.leases.landed(self._holder, edit.path, wanted.current or "", text)
            await self._landed(wanted.path, text)
        return None

    # -- what happened before an interruption

    async def _remember(self, part: Part, known: EditOutcome) -> Rejection | None:
        """The log says what became of this edit before the run was interrupted."""
        path = part.edit.path
        if known.state == "failed" and not known.held:
            return Rejection(part.edit, f"{path}: {known.reason}", recorded=True)
        self.held += [f"{path} line {held.line}" for held in known.held]
        if known.state != "failed":
            await self._landed(path, self._desk.view.read(path))
        self._over(part)
        return None

    async def _has_arrived(self, current: str, recorded: e.EditProposed) -> bool:
        before = self._transcript.before.get(recorded.edit_id)
        return await asyncio.to_thread(has_arrived, current, recorded, before)

    async def _reconcile(self, recorded: e.EditProposed, current: str) -> None:
        """The edit was on its way when the run was interrupted, and the file shows that it arrived."""
        # what the editor shows is to be in the log before that counts as settled
        await self._desk.sink.settle([recorded.edit_id])
        path = recorded.edit.path
        outcome = EditOutcome(edit_id=recorded.edit_id, path=path, state="confirmed", sha256=sha256_of(current))
        await self._desk.note(e.EditSettled(outcome=outcome))
        await self._landed(path, current)

    def _over(self, part: Part) -> None:
        """Let the agent know its file as the piece made it then."""
        self._done.add(part.fingerprint)
        known = self._known.of(part.edit.path)
        if known is not None or isinstance(part.edit, WholeFile):
            with suppress(EditRefused):
                piece(known, part.edit, known).note_in(self._known)

    async def _landed(self, path: str, text: str) -> None:
        self.landed[path] = sha256_of(text)
        await self._on_landed(path, text)

    def _proposal(self, edit: FileEdit, sha256: str) -> e.EditProposed:
        return e.EditProposed(
            edit_id=self._desk.ids("edit"), task_id=self._task_id, role=self._role, edit=edit, sha256=sha256
        )
