"""Edits whose effect in the editor is in the log before they count as settled."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from codecompanion.contracts.edits import EditOutcome, FileEdit, GroupedEdit
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import EditSink


class RecordedEdits(EditSink):
    """An ``EditSink`` around another one; ``record`` returns when what the editor showed so far is written.

    So a replay to any event finds in the log what the documents held then.
    """

    def __init__(self, sink: EditSink, record: Callable[[], Awaitable[None]]) -> None:
        self._sink = sink
        self._record = record

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """As ``EditSink.push``."""
        outcome = await self._sink.push(edit_id, edit, label, base)
        await self._record()
        return outcome

    async def push_all(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """As ``EditSink.push_all``."""
        outcomes = await self._sink.push_all(group, label)
        await self._record()
        return outcomes

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """As ``EditSink.settle``."""
        outcomes = await self._sink.settle(edit_ids)
        await self._record()
        return outcomes
