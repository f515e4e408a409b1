"""Documents rebuilt from agents' edits and the person's typing, interleaved; what does not fit is said."""

from collections.abc import Callable
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.document_events import (
    DOCUMENTS,
    DocumentChanged,
    DocumentClosed,
    DocumentOpened,
    DocumentSaved,
    TextChange,
)
from codecompanion.contracts.edits import EditOutcome, ReplaceBlock, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.replay.documents import documents_after
from codecompanion.orchestra.replay.moments import Moment
from codecompanion.orchestra.replay.replay import Material, documents_at, replay

Sha = Callable[[str], str]
START = e.RunStarted(order=e.RunOrder(kind="change", request="x", workspace="/w"))
OLD = "one\ntwo\nthree\n"
NEW = "one\nTWO\nthree\n"


def proposed(name: str = "e1", edit: Any = None) -> e.EditProposed:
    block = edit or ReplaceBlock(path="a.py", search="two\n", replace="TWO\n")
    return e.EditProposed(edit_id=name, task_id="t", role=Role.CODE_GENERATOR, edit=block, sha256="")


def settled(sha256: str = "", state: str = "confirmed", name: str = "e1") -> e.EditSettled:
    return e.EditSettled(
        outcome=EditOutcome.model_validate({"edit_id": name, "path": "a.py", "state": state, "sha256": sha256})
    )


def changed(start: int, end: int, text: str, sha256: str, version: int = 2) -> DocumentChanged:
    change = TextChange(start=start, end=end, text=text)
    return DocumentChanged(path="a.py", version=version, changes=(change,), sha256=sha256)


def only(scroll: Any, texts: dict[str, str] | None = None) -> Any:
    return documents_after(scroll.events, texts or {})["a.py"]


def test_edits_alone_lead_from_what_was_kept_to_what_landed(scroll: Any, sha: Sha) -> None:
    scroll.add("r", START, e.BaseKept(path="a.py", text=OLD), proposed())
    assert only(scroll).text == OLD
    scroll.add("r", settled(sha(NEW)))
    assert (only(scroll).text, only(scroll).problems, only(scroll).by_agents) == (NEW, (), True)


def test_a_failed_edit_changes_nothing_and_a_claimed_one_that_fails_is_taken_back(
    scroll: Any, sha: Sha
) -> None:
    scroll.add("r", START, e.BaseKept(path="a.py", text=OLD), proposed(), settled(state="claimed"))
    assert only(scroll).text == NEW
    scroll.add("r", settled(state="failed"))
    assert only(scroll).text == OLD
    scroll.add("r", proposed("e2"), settled(state="failed", name="e2"))
    assert (only(scroll).text, only(scroll).problems) == (OLD, ())


def test_a_claim_that_is_confirmed_is_not_made_twice(scroll: Any, sha: Sha) -> None:
    scroll.add("r", START, e.BaseKept(path="a.py", text=OLD), proposed(), settled(state="claimed"))
    scroll.add("r", settled(sha(NEW)))
    assert (only(scroll).text, only(scroll).problems) == (NEW, ())


def test_a_change_that_nobody_recorded_is_said_and_not_hidden(scroll: Any, sha: Sha) -> None:
    elsewhere = "one\nTWO\nthree\nand more\n"
    scroll.add("r", START, e.BaseKept(path="a.py", text=OLD), proposed(), settled(sha(elsewhere)))
    assert only(scroll).text == NEW
    assert "something else changed it" in only(scroll).problems[0]
    seen = replay(Material("r", scroll.of("r")), Moment(4, 0.0))
    assert seen.problems[0].startswith("a.py: after edit e1")


def test_an_edit_that_does_not_fit_is_said(scroll: Any, sha: Sha) -> None:
    scroll.add("r", START, e.BaseKept(path="a.py", text="other\n"), proposed(), settled(sha(NEW)))
    assert only(scroll).problems == ("edit e1 does not fit the text that the log has before it",)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_whole_file_takes_the_line_endings_of_the_file_as_its_writer_did(
    scroll: Any, sha: Sha, mark: str
) -> None:
    edit = WholeFile(path="a.py", text="x\ny\n")
    scroll.add("r", START, e.BaseKept(path="a.py", text="x\r\n"), proposed(edit=edit))
    scroll.add("r", settled(sha(mark + "x\r\ny\r\n")))
    assert (only(scroll).text, only(scroll).problems) == ("x\r\ny\r\n", ())


def test_typing_before_between_and_after_edits_is_where_it_was(scroll: Any, sha: Sha, kept: Any) -> None:
    typed = "# mine\n" + OLD
    both, last = "# mine\n" + NEW, "# mine\n" + NEW + "end\n"
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=1, sha256=sha(OLD)))
    scroll.add("r", START)
    scroll.add(DOCUMENTS, changed(0, 0, "# mine\n", sha(typed)))
    scroll.add("r", e.BaseKept(path="a.py", text=typed), proposed())
    scroll.add(DOCUMENTS, changed(11, 14, "TWO", sha(both), 3))
    scroll.add("r", settled(sha(both)))
    scroll.add(DOCUMENTS, changed(len(both), len(both), "end\n", sha(last), 4))
    texts, material = kept([OLD]), Material("r", scroll.of("r"), scroll.of(DOCUMENTS), texts=kept([OLD]))
    assert (only(scroll, texts).text, only(scroll, texts).problems) == (last, ())
    assert [documents_at(material, Moment(version, 0.0))["a.py"].text for version in (1, 2, 3, 4)] == [
        OLD,
        typed,
        typed,
        both,
    ]
    by_time = Moment(4, scroll.events[-1].at, timed=True)
    assert replay(material, by_time).documents["a.py"].text == last
    assert replay(material, by_time).documents["a.py"].typed == 3


def test_an_edit_seen_before_its_change_was_recorded_shows_once(scroll: Any, sha: Sha, kept: Any) -> None:
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=1, sha256=sha(OLD)))
    scroll.add("r", START, e.BaseKept(path="a.py", text=OLD), proposed(), settled(sha(NEW)))
    assert only(scroll, kept([OLD])).text == NEW
    scroll.add(DOCUMENTS, changed(4, 7, "TWO", sha(NEW)))
    assert (only(scroll, kept([OLD])).text, only(scroll, kept([OLD])).problems) == (NEW, ())


def test_a_recording_that_broke_off_is_said_where_typing_may_be_missing(
    scroll: Any, sha: Sha, kept: Any
) -> None:
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=1, sha256=sha(OLD)))
    scroll.add("r", START)
    scroll.add(DOCUMENTS, changed(4, 7, "TWO", sha(NEW)))
    scroll.add("r", e.RunPaused(), e.RunResumed())
    material = Material("r", scroll.of("r"), scroll.of(DOCUMENTS), texts=kept([OLD, NEW]))
    assert documents_at(material, Moment(2, 0.0))["a.py"].problems == ()
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=7, sha256=sha(NEW)))
    broken = Material("r", scroll.of("r"), scroll.of(DOCUMENTS), texts=kept([OLD, NEW]))
    assert documents_at(broken, Moment(1, 0.0))["a.py"].problems == ()
    assert "had broken off" in documents_at(broken, Moment(2, 0.0))["a.py"].problems[0]


def test_a_closed_document_is_what_was_saved_of_it(scroll: Any, sha: Sha, kept: Any) -> None:
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=1, sha256=sha(OLD)))
    scroll.add(DOCUMENTS, changed(4, 7, "TWO", sha(NEW)), DocumentSaved(path="a.py", sha256=sha(NEW)))
    scroll.add(DOCUMENTS, changed(0, 3, "1", sha("1" + NEW[3:]), 3), DocumentClosed(path="a.py"))
    seen = only(scroll, kept([OLD]))
    assert (seen.text, seen.shown_in_editor, seen.problems) == (NEW, False, ())


def test_what_was_altered_or_is_missing_is_said(scroll: Any, sha: Sha, kept: Any) -> None:
    scroll.add(DOCUMENTS, DocumentOpened(path="a.py", version=1, sha256=sha(OLD)))
    scroll.add(DOCUMENTS, changed(0, 0, "x", sha("something else")))
    assert "is not the one that was there" in only(scroll, kept([OLD])).problems[0]
    missing = only(scroll, {})
    assert "is not in the log" in missing.problems[0]
    assert "before that is not in the log" in missing.problems[1]
    assert "was altered" in only(scroll, {sha(OLD): "altered"}).problems[0]
