"""What the author of an edit takes a file to read, which others may have changed meanwhile."""

from collections.abc import Mapping


class KnownTexts:
    """Path → the text an agent's work on a file starts from: as it first saw it, then as its own edits left it.

    Conservative on purpose: the agent may have seen a newer text than this, never an older one.
    """

    def __init__(self, shown: Mapping[str, str] | None = None) -> None:
        self._texts = dict(shown or {})
        self._news: list[tuple[str, str]] = []

    def of(self, path: str) -> str | None:
        """Return the text the work on a file starts from, None for a file the agent never saw."""
        return self._texts.get(path)

    def saw(self, path: str, text: str) -> None:
        """Take in that the agent was shown a file; one it knew before stays as it was."""
        if path not in self._texts:
            self._texts[path] = text
            self._news.append((path, text))

    def news(self) -> list[tuple[str, str]]:
        """Hand over, once, the files (path, text) that were shown since this was last asked."""
        news, self._news = self._news, []
        return news

    def wrote(self, path: str, text: str) -> None:
        """Take in what an edit of the agent's own made of the file as the agent knew it."""
        self._texts[path] = text

    def copy(self) -> "KnownTexts":
        """Return one that goes on apart from this one."""
        return KnownTexts(self._texts)

    def removed(self, path: str) -> None:
        """Take in that an edit of the agent's own left no file there."""
        self._texts.pop(path, None)
