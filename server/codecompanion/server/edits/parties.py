"""Who takes part in an edit besides its sink, and how long each of them may take."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.server.wire.capabilities import ClientFeatures


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``answer``: some editors ask the person first. ``open``: they may send changes 0.15 s late."""

    answer: float = 120.0
    open: float = 0.3
    closed: float = 0.05
    settle: float = 2.0
    human: float = 0.2


USUAL_PATIENCE = Patience()


class Editor(Protocol):
    """What the edits need of the server."""

    @property
    def client(self) -> ClientFeatures:
        """What the client can do."""
        ...

    async def request(self, method: str, params: Any = ..., *, timeout: float | None = ...) -> Any:
        """Send a request and return its result."""
        ...


class Disk(Protocol):
    """What writes files that no editor holds."""

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """Write one edit and confirm it; failures are outcomes."""
        ...

    async def write(
        self, edit_id: EditId, path: str, expected: Collection[str | None], text: str | None
    ) -> EditOutcome:
        """Let a file that reads as one of ``expected`` read exactly ``text``; None stands for no file."""
        ...


class PendingView(WorkspaceView, Protocol):
    """The workspace as agents see it, which must show edits that no document shows yet."""

    def note_pending(self, path: str, text: str) -> None:
        """Show ``text`` as the file's content until it is forgotten."""
        ...

    def forget_pending(self, path: str) -> None:
        """Believe the documents and the disk again."""
        ...

    def note_authored(self, path: str) -> None:
        """Let agents see a file they wrote even where .gitignore keeps others' files out."""
        ...
