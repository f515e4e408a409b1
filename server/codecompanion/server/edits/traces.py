"""What a document went through while an edit was on its way, and what a heedless editor did to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from codecompanion.contracts.edits import HeldPart
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.rebase import held_parts
from codecompanion.orchestra.merging.three_way import merge, merge_both
from codecompanion.server.edits.plan import PlannedEdit, Refusal
from codecompanion.server.wire.documents import OpenDocument


@dataclass(frozen=True, slots=True)
class Mishap:
    """An edit was made in a newer text than it was meant for: ``mangled`` came of it, and not ``wanted``."""

    mangled: str
    wanted: str
    known: str
    held: tuple[HeldPart, ...]

    def plan_for(self, current: str | None) -> PlannedEdit | Refusal:
        """Return what to change so that the text is as if the edit had been merged."""
        if current is None:
            return Refusal("the file was removed meanwhile")
        text = merge_both(self.mangled, current, self.wanted)
        changes = tuple(line_changes(current, text))
        return PlannedEdit(current, text, changes, self.known, self.held, mends=True)


@dataclass(slots=True)
class Trace:
    """The states of a document since an edit of ``target`` was sent; ``edits`` are its LSP text edits."""

    target: OpenDocument
    plan: PlannedEdit
    edits: Sequence[dict[str, Any]]
    seen: list[OpenDocument] = field(default_factory=list)

    def made(self) -> OpenDocument | None:
        """Return the state in which the editor made the edit, None where it was not seen to."""
        if self.seen and self.seen[0].text == self.plan.after:
            return self.target
        states = [self.target, *self.seen]
        return next((one for one, two in pairwise(states) if self._made_in(one) == two.text), None)

    def mishap(self) -> Mishap | None:
        """Return what went wrong, None when the edit was made in the text it was meant for, or not at all."""
        typed = self.made() if self.seen else None
        if typed is None or typed is self.target:
            return None
        mangled = self._made_in(typed)
        wanted, held = self._merged_into(typed.text)
        return None if wanted == mangled else Mishap(mangled, wanted, self.plan.known, held)

    def _merged_into(self, typed: str) -> tuple[str, tuple[HeldPart, ...]]:
        if self.plan.mends:
            return merge_both(self.target.text, typed, self.plan.after), self.plan.held
        merged = merge(self.target.text, typed, self.plan.after)
        return merged.text, (*self.plan.held, *held_parts(merged.conflicts))

    def _made_in(self, document: OpenDocument) -> str:
        """Return what an editor makes of a document that does not look at the edit's version."""
        changes = [{"range": edit["range"], "text": edit["newText"]} for edit in reversed(self.edits)]
        return document.edited(changes, None).text
