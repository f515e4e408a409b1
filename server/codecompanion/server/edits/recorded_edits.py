"""Edits whose effect in the editor is in the log before they count as settled."""

from collections.abc import Awaitable, Callable, Collection

from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import EditSink


class RecordedEdits(EditSink):
    """An ``EditSink`` around another one; ``record`` returns when what the editor showed so far is written.

    So a replay to any event finds in the log what the documents held then.
    """

    def __init__(self, sink: EditSink, record: Callable[[], Awaitable[None]]) -> None:
        self._sink = sink
        self._record = record

    async def push(self, edit_id: EditId, edit: FileEdit, label: str) -> EditOutcome:
        """As ``EditSink.push``."""
        outcome = await self._sink.push(edit_id, edit, label)
        await self._record()
        return outcome

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """As ``EditSink.settle``."""
        outcomes = await self._sink.settle(edit_ids)
        await self._record()
        return outcomes
