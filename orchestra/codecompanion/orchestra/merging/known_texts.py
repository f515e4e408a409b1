"""What the author of an edit takes a file to read, which others may have changed meanwhile."""

from collections.abc import Mapping

from codecompanion.contracts.ports import WorkspaceView


class KnownTexts:
    """Path → the text an agent's work on a file starts from: as it first saw it, then as its own edits left it.

    Conservative on purpose: the agent may have seen a newer text than this, never an older one.
    """

    def __init__(self, shown: Mapping[str, str] | None = None) -> None:
        self._texts = dict(shown or {})

    def of(self, path: str) -> str | None:
        """Return the text the work on a file starts from, None for a file the agent never saw."""
        return self._texts.get(path)

    def saw(self, path: str, text: str) -> None:
        """Take in that the agent was shown a file; one it knew before stays as it was."""
        self._texts.setdefault(path, text)

    def wrote(self, path: str, text: str) -> None:
        """Take in what an edit of the agent's own made of the file as the agent knew it."""
        self._texts[path] = text

    def removed(self, path: str) -> None:
        """Take in that an edit of the agent's own left no file there."""
        self._texts.pop(path, None)


class SeenView(WorkspaceView):
    """A workspace through the eyes of one agent: what it reads is noted in ``known``."""

    def __init__(self, view: WorkspaceView, known: KnownTexts) -> None:
        self._view = view
        self._known = known

    @property
    def root(self) -> str:
        """As ``WorkspaceView.root``."""
        return self._view.root

    def files(self) -> list[str]:
        """As ``WorkspaceView.files``."""
        return self._view.files()

    def read(self, path: str) -> str:
        """As ``WorkspaceView.read``."""
        text = self._view.read(path)
        self._known.saw(path, text)
        return text

    def exists(self, path: str) -> bool:
        """As ``WorkspaceView.exists``."""
        return self._view.exists(path)

    def diagnostics(self, path: str | None = None) -> list[str]:
        """As ``WorkspaceView.diagnostics``."""
        return self._view.diagnostics(path)

    def overlay(self) -> dict[str, str]:
        """As ``WorkspaceView.overlay``."""
        return self._view.overlay()

    def hidden(self) -> frozenset[str]:
        """As ``WorkspaceView.hidden``."""
        return self._view.hidden()
