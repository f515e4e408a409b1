"""A file's life written by hand: what agents and a person do to it, as the log would have it."""

import hashlib
from dataclasses import dataclass, field

import pytest

from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.provenance.file_history import FileHistory

PATH = "shop.py"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Life:
    """One file, open in an editor or not; ``text`` is what it holds, ``events`` what the log has of it."""

    text: str | None = None
    is_open: bool = False
    events: list[e.Recorded] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def add(self, stream: str, body: e.Event) -> None:
        version = sum(one.run_id == stream for one in self.events) + 1
        position = len(self.events) + 1
        context = e.Context(correlation_id=stream)
        one = e.Recorded(
            run_id=stream, version=version, position=position, at=float(position), body=body, context=context
        )
        self.events.append(one)

    def open(self) -> None:
        assert self.text is not None
        self.is_open = True
        self.texts[sha(self.text)] = self.text
        self.add(d.DOCUMENTS, d.DocumentOpened(path=PATH, version=0, sha256=sha(self.text)))

    def type(self, start: int, end: int, text: str) -> None:
        """What a person types, recorded where the file is open, unseen where it is not."""
        assert self.text is not None
        self.text = self.text[:start] + text + self.text[end:]
        if self.is_open:
            change = d.TextChange(start=start, end=end, text=text)
            self.add(
                d.DOCUMENTS, d.DocumentChanged(path=PATH, version=1, changes=(change,), sha256=sha(self.text))
            )

    def replace(self, old: str, new: str) -> None:
        assert self.text is not None
        start = self.text.index(old)
        self.type(start, start + len(old), new)

    def agent(
        self, edit: FileEdit, *, edit_id: str, run: str = "run-1", role: Role = Role.CODE_GENERATOR
    ) -> None:
        """An agent's edit: proposed, shown by the editor, settled."""
        after = resulting_text(self.text, edit)
        if run not in self.kept:
            self.kept.add(run)
            self.add(run, e.BaseKept(path=PATH, text=self.text))
        base = "" if self.text is None else sha(self.text)
        self.add(
            run,
            e.EditProposed(
                edit_id=edit_id, task_id="code", role=role, edit=edit, sha256=sha(after), base_sha256=base
            ),
        )
        if self.is_open:
            assert self.text is not None
            self.type(0, len(self.text), after)
        self.text = after
        outcome = EditOutcome(edit_id=edit_id, path=PATH, state="confirmed", sha256=sha(after))
        self.add(run, e.EditSettled(outcome=outcome))

    def history(self) -> FileHistory:
        history = FileHistory(PATH, self.texts)
        for one in self.events:
            history.take(one)
        return history

    def authors(self) -> list[str | None]:
        assert self.text is not None
        return self.history().authors_of(self.text)


@pytest.fixture
def life() -> Life:
    return Life()


@pytest.fixture(scope="session")
def life_of() -> type[Life]:
    """The maker of lives, for tests that need many."""
    return Life
