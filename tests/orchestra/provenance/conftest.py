"""A file's life written by hand: what agents and a person do to it, as the log would have it."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import pytest

from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.messages import Role
from codecompanion.contracts.session_events import TypingCut
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.provenance.file_history import FileHistory
from codecompanion.orchestra.replay.typing_cut import known_after, with_cuts_in_place

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
    versions: Counter[str] = field(default_factory=Counter)

    def add(self, stream: str, body: e.Event) -> None:
        self.versions[stream] += 1
        version = self.versions[stream]
        position = max((one.position for one in self.events), default=0) + 1
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

    def cut(self, version: int) -> None:
        """Remove what was typed up to a version of the typing, as a clean-up does."""
        gone = [one for one in self.events if one.run_id == d.DOCUMENTS and one.version <= version]
        known, kept = known_after(gone, self.texts)
        self.texts |= kept
        note = TypingCut(
            reason="a test",
            version=gone[-1].version,
            position=gone[-1].position,
            happened_at=gone[-1].at,
            last_link="",
            documents=known,
        )
        self.add("~log", note)
        self.events = [one for one in self.events if one not in gone]

    def history(self) -> FileHistory:
        history = FileHistory(PATH, self.texts)
        history.take_all(with_cuts_in_place(self.events))
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
