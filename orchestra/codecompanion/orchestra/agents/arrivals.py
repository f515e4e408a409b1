"""Edits that were on their way when a run was interrupted: what their files read before, if they arrived."""

from collections.abc import Sequence

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import FileEdit, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.merging.words import distance


def texts_before(history: Sequence[e.Event]) -> dict[EditId, str | None]:
    """Return what the run had left in its file before each edit of which the log does not say what became.

    That is the file without what others did to it meanwhile; None stands for no file.
    """
    settled = {event.outcome.edit_id for event in history if isinstance(event, e.EditSettled)}
    proposed = {event.edit_id: event.edit for event in history if isinstance(event, e.EditProposed)}
    paths = {edit.path for edit_id, edit in proposed.items() if edit_id not in settled}
    texts: dict[str, str | None] = {}
    before: dict[EditId, str | None] = {}
    for event in history:
        match event:
            case e.BaseKept(path=path) if path in paths:
                texts[path] = event.text
            case e.EditProposed(edit_id=edit_id) if edit_id not in settled:
                before[edit_id] = texts.get(event.edit.path)
            case e.EditSettled(outcome=outcome) if outcome.path in paths and outcome.state != "failed":
                texts[outcome.path] = _after(texts.get(outcome.path), proposed[outcome.edit_id])
    return before


def has_arrived(current: str, proposed: e.EditProposed, before: str | None) -> bool:
    """Whether a file shows an edit, whatever was typed since: it is nearer to the text after it than before."""
    if sha256_of(current) == proposed.sha256:
        return True
    after = _after(before, proposed.edit)
    return after is not None and distance(after, current) < distance(before or "", current)


def _after(before: str | None, edit: FileEdit) -> str | None:
    if not isinstance(edit, WholeFile | ReplaceBlock):
        return None
    try:
        return resulting_text(before, edit)
    except EditRefused:
        # made for what someone else had written
        return before
