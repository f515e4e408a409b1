"""Edits that belong together: all of them are made, or what was made is put back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pygls.exceptions import JsonRpcException

from codecompanion.contracts.edits import DeleteFile, EditOutcome, GroupedEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import OrchestraError
from codecompanion.orchestra.merging.rebase import HELD
from codecompanion.server.edits.claims import same_text
from codecompanion.server.edits.delivery import Delivered, Delivery
from codecompanion.server.edits.file_operations import FileOperations
from codecompanion.server.edits.plan import PlannedEdit, Refusal, plan_return
from codecompanion.server.edits.sightings import Sightings
from codecompanion.server.wire.errors import ConnectionClosed

Make = Callable[[GroupedEdit, str], Awaitable[Delivered]]
"""Makes one edit; a failure is an outcome."""


@dataclass(frozen=True, slots=True)
class _Made:
    """An edit of the group that was made; ``removed`` is the text of a file it removed."""

    one: GroupedEdit
    delivered: Delivered
    removed: str | None = None


class Groups:
    """Makes groups of edits in a folder that is open in an editor; see ``EditSink.push_all``."""

    def __init__(
        self, delivery: Delivery, sightings: Sightings, operations: FileOperations, make: Make
    ) -> None:
        self._delivery = delivery
        self._sightings = sightings
        self._operations = operations
        self._make = make

    async def push(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """Make the edits in order; the caller holds their files."""
        made: list[_Made] = []
        for one in group:
            target = await self._sightings.target(one.edit.path, self._delivery.patience)
            delivered = await self._make(one, label)
            outcome = delivered.outcome
            if outcome.state == "failed" or outcome.held:
                if outcome.state != "failed":
                    made.append(_Made(one, delivered))
                return await self._put_back(group, made, outcome, label)
            removed = target.text if isinstance(one.edit, DeleteFile) else None
            made.append(_Made(one, delivered, removed))
        return await self._settled(group, made, label)

    async def _settled(self, group: Sequence[GroupedEdit], made: list[_Made], label: str) -> list[EditOutcome]:
        """Wait for what is merely claimed: a claim that does not come true has failed like any other edit."""
        outcomes = {one.delivered.outcome.edit_id: one.delivered.outcome for one in made}
        claimed = [key for key, outcome in outcomes.items() if outcome.state == "claimed"]
        waited_for = await self._sightings.wait_for(claimed, self._delivery.patience) if claimed else []
        settled = [await self._delivery.conclude(seen) for seen in waited_for]
        outcomes |= {outcome.edit_id: outcome for outcome in settled}
        lost = [outcome for outcome in settled if outcome.state == "failed"]
        if lost:
            kept = [one for one in made if outcomes[one.one.edit_id].state != "failed"]
            return await self._put_back(group, kept, lost[0], label)
        return [outcomes[one.edit_id] for one in group]

    async def _put_back(
        self, group: Sequence[GroupedEdit], made: list[_Made], failure: EditOutcome, label: str
    ) -> list[EditOutcome]:
        """Take back what was made, last first, and say of each edit of the group what became of it."""
        left = {one.one.edit_id: await self._taken_back(one, label) for one in reversed(made)}
        why = HELD if failure.held and failure.state != "failed" else failure.reason
        because = f"{failure.path} could not be changed, and all belong together: {why}"
        return [
            EditOutcome(
                edit_id=one.edit_id,
                path=one.edit.path,
                state="failed",
                reason=". ".join(
                    filter(None, [why if one.edit_id == failure.edit_id else because, left.get(one.edit_id)])
                ),
                held=failure.held if one.edit_id == failure.edit_id else (),
            )
            for one in group
        ]

    async def _taken_back(self, made: _Made, label: str) -> str:
        """Undo one edit; returns what of it stays and why, empty when all is as it was."""
        try:
            left = await self._undone(made, f"back: {label}")
        except ConnectionClosed:
            left = await self._undone_without_editor(made, label)
        except (OrchestraError, OSError, TimeoutError, JsonRpcException) as problem:
            left = f"it could not be put back: {problem}"
        return left

    async def _undone(self, made: _Made, label: str) -> str:
        edit, edit_id = made.one.edit, made.one.edit_id
        if isinstance(edit, RenameFile):
            back = RenameFile(path=edit.to, to=edit.path)
            return _complaint(await self._operations.rename(edit_id, back, label))
        if isinstance(edit, DeleteFile):
            return await self._made_again(made, label)
        plan = made.delivered.plan
        assert plan is not None
        if plan.before is None:
            return await self._unmade(made, plan, label)
        before, after = plan.before, plan.after

        def plan_for(current: str | None) -> PlannedEdit | Refusal:
            if current is None:
                return Refusal("it was removed by someone else meanwhile")
            return plan_return(current, before, after)

        delivered = await self._delivery.deliver(edit_id, edit.path, plan_for, label)
        if delivered.outcome.held:
            lines = ", ".join(str(part.line) for part in delivered.outcome.held)
            return f"lines changed by someone else meanwhile stay (at {lines}), the rest was put back"
        return _complaint(delivered.outcome)

    async def _undone_without_editor(self, made: _Made, label: str) -> str:
        """Undo one edit on the disk; what only the editor held went with it."""
        edit, edit_id, disk = made.one.edit, made.one.edit_id, self._delivery.disk
        if isinstance(edit, RenameFile):
            return _complaint(await disk.push(edit_id, RenameFile(path=edit.to, to=edit.path), label))
        if isinstance(edit, DeleteFile):
            return await self._made_again(made, label)
        plan = made.delivered.plan
        assert plan is not None
        self._delivery.drop_parents(edit.path)
        now = await asyncio.to_thread(self._sightings.on_disk, edit.path)
        if now is None or not same_text(now, plan.after):
            return ""
        return _complaint(await disk.write(edit_id, edit.path, [plan.after], plan.before))

    async def _unmade(self, made: _Made, plan: PlannedEdit, label: str) -> str:
        """Remove a file that was made, unless someone else wrote into it."""
        edit_id, path = made.one.edit_id, made.one.edit.path
        target = await self._sightings.target(path, self._delivery.patience)
        if target.text is None:
            return ""
        gone = DeleteFile(path=path, text=plan.after)
        outcome = await self._operations.remove(edit_id, gone, plan.after, label)
        self._delivery.drop_parents(path)
        if outcome.state != "failed" or target.document is None or target.text != plan.after:
            return _complaint(outcome)
        # an editor that cannot remove a file: an empty document is the nearest to none
        await self._delivery.deliver(edit_id, path, lambda text: plan_return(text or "", "", plan.after), label)
        return "the editor cannot remove the new file, so it was emptied; close it without saving"

    async def _made_again(self, made: _Made, label: str) -> str:
        path, text = made.one.edit.path, made.removed
        if text is None:
            return ""
        outcome = await self._delivery.disk.push(
            made.one.edit_id, WholeFile(path=path, text=text, new=True), label
        )
        return _complaint(outcome)


def _complaint(outcome: EditOutcome) -> str:
    return f"it could not be put back: {outcome.reason}" if outcome.state == "failed" else ""
