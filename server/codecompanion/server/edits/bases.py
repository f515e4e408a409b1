"""The texts that the agents' work starts from, so that nobody's typing is overwritten unread."""

from collections.abc import Mapping


class Bases:
    """Path → the text of the file when the first of the present runs began, or after our last edit of it.

    Conservative on purpose: an agent may have read a newer text than its base, never an older one.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._runs = 0

    def begin_run(self, open_texts: Mapping[str, str]) -> None:
        """Take the open documents as they are for what a run starts from."""
        self._runs += 1
        for path, text in open_texts.items():
            self._texts.setdefault(path, text)

    def end_run(self) -> None:
        """Forget everything once no run is left."""
        self._runs -= 1
        if self._runs == 0:
            self._texts.clear()

    def opened(self, path: str, text: str) -> None:
        """Take in a document that was opened while runs are under way; one known already stays."""
        if self._runs:
            self._texts.setdefault(path, text)

    def landed(self, path: str, text: str) -> None:
        """Take in the text of a file after an edit of ours."""
        if self._runs:
            self._texts[path] = text

    def of(self, path: str) -> str | None:
        """Return the text the work on a file starts from, None when it is not known."""
        return self._texts.get(path)
