"""What a resumed run takes for an edit that had arrived before it was interrupted."""

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit, ReplaceBlock, WholeFile
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.agents.arrivals import has_arrived, texts_before
from codecompanion.orchestra.edits.preview import resulting_text

LEDGER = "TITLE = 'ledger'\n\n\ndef total(sums):\n    return sum(sums)\n"
# what is searched is still there after the block was applied
OWNER = ReplaceBlock(path="ledger.py", search="TITLE = 'ledger'\n", replace="TITLE = 'ledger'\nOWNER = 'me'\n")
CENTS = ReplaceBlock(path="ledger.py", search="OWNER = 'me'\n", replace="OWNER = 'you'\nUNIT = 'cents'\n")
PAGE = WholeFile(path="page.html", text="<title>Report</title>\n")


def proposed(name: str, edit: FileEdit, before: str | None) -> e.EditProposed:
    sha256 = sha256_of(resulting_text(before, edit))
    return e.EditProposed(edit_id=name, task_id="a", role=Role.CODE_GENERATOR, edit=edit, sha256=sha256)


def settled(name: str, state: str) -> e.EditSettled:
    return e.EditSettled(outcome=EditOutcome(edit_id=name, path="ledger.py", state=state, sha256="0" * 64))


@pytest.mark.parametrize("typed", ["", "# mine\n", "a" * 500])
@pytest.mark.parametrize(("edit", "before"), [(OWNER, LEDGER), (PAGE, None)], ids=["a block", "a new file"])
def test_an_edit_is_seen_in_its_file_whatever_was_typed_since(
    edit: WholeFile | ReplaceBlock, before: str | None, typed: str
) -> None:
    event = proposed("one", edit, before)
    assert has_arrived(resulting_text(before, edit) + typed, event, before)
    assert not has_arrived((before or "") + typed, event, before)


def test_an_edit_whose_lines_were_typed_in_has_arrived() -> None:
    after = resulting_text(LEDGER, OWNER)
    assert has_arrived(after.replace("'me'", "'me too'"), proposed("one", OWNER, LEDGER), LEDGER)


def test_a_removed_or_renamed_line_is_no_arrival() -> None:
    event = proposed("one", OWNER, LEDGER)
    assert not has_arrived(LEDGER.replace("total", "whole"), event, LEDGER)
    assert not has_arrived(LEDGER.replace("TITLE = 'ledger'\n", ""), event, LEDGER)


@pytest.mark.parametrize(
    ("state", "before"), [("confirmed", resulting_text(LEDGER, OWNER)), ("failed", LEDGER)], ids=str
)
def test_the_text_before_an_edit_is_what_the_run_had_made_of_its_file(state: str, before: str) -> None:
    history = [
        e.BaseKept(path="ledger.py", text=LEDGER),
        proposed("one", OWNER, LEDGER),
        settled("one", state),
        e.BaseKept(path="page.html", text=None),
        proposed("two", PAGE, None),
        proposed("three", CENTS, resulting_text(LEDGER, OWNER)),
    ]
    assert texts_before(history) == {"two": None, "three": before}


def test_nothing_is_told_of_edits_that_were_settled() -> None:
    history = [e.BaseKept(path="ledger.py", text=LEDGER), proposed("one", OWNER, LEDGER)]
    assert texts_before([*history, settled("one", "confirmed")]) == {}
