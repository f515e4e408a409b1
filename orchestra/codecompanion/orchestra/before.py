"""The workspace as it was before a run changed it: tells old test failures from new ones."""

from collections.abc import Mapping

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import WorkspaceView


class BeforeView:
    """A view with a run's own changes taken out again.

    ``before`` maps each path the run changed to the text it had, None for a file that was not there.
    """

    def __init__(self, view: WorkspaceView, before: Mapping[str, str | None]) -> None:
        self._view = view
        self._before = before

    @property
    def root(self) -> str:
        """Absolute path of the folder."""
        return self._view.root

    def files(self) -> list[str]:
        """Return the paths that were there before the run."""
        return [path for path in self._view.files() if self._before.get(path, "") is not None]

    def read(self, path: str) -> str:
        """Return a file's earlier text."""
        if path not in self._before:
            return self._view.read(path)
        text = self._before[path]
        if text is None:
            raise WorkspaceError(f"{path!r} was not there before this run")
        return text

    def exists(self, path: str) -> bool:
        """Whether the file was there."""
        return self._before[path] is not None if path in self._before else self._view.exists(path)

    def diagnostics(self, path: str | None = None) -> list[str]:
        """Return nothing: what the editor shows now is about the changed files."""
        return []

    def hidden(self) -> frozenset[str]:
        """Return the files that the run made."""
        return self._view.hidden() | {path for path, text in self._before.items() if text is None}

    def overlay(self) -> dict[str, str]:
        """Return the earlier texts over the user's unsaved ones."""
        earlier = {path: text for path, text in self._before.items() if text is not None}
        now = {path: text for path, text in self._view.overlay().items() if path not in self._before}
        return now | earlier
