"""Proposed changes to workspace files, and what became of each."""

from typing import Annotated, Literal

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import EditId


class WholeFile(Contract):
    """A complete text for a new file (or a small one written anew).

    ``new`` says that the file is meant to be created: one that has text already is then left alone. ``exact``
    is for a text that no model wrote, such as an undo's: it is taken as it is, unchecked.
    """

    kind: Literal["whole"] = "whole"
    path: str
    text: str
    new: bool = False
    exact: bool = False


class PlaceHints(Contract):
    """What a diff or patch says about the place of one of its hunks, beside the lines it shows.

    ``line`` (from 1, in the text with the reply's earlier hunks applied), ``heading`` and ``at_end`` only
    choose among equal matches. ``anchors``, outermost first, are lines the place must lie beneath.
    ``final_newline`` says whether the text ends with a newline afterwards; None: as it does now.
    """

    source: Literal["diff", "patch"]
    line: int | None = None
    heading: str = ""
    anchors: tuple[str, ...] = ()
    at_end: bool = False
    final_newline: bool | None = None


class ReplaceBlock(Contract):
    """One search/replace block for an existing file; ``search`` must match exactly one place.

    A hunk of a diff or patch is one as well, with ``hints``.
    """

    kind: Literal["replace"] = "replace"
    path: str
    search: str
    replace: str
    hints: PlaceHints | None = None


class DeleteFile(Contract):
    """A file is removed; ``text``, where given, is what it must still hold for that."""

    kind: Literal["delete"] = "delete"
    path: str
    text: str | None = None


class RenameFile(Contract):
    """A file gets another path, ``to``, which must be free; its text stays."""

    kind: Literal["rename"] = "rename"
    path: str
    to: str


FileEdit = Annotated[WholeFile | ReplaceBlock | DeleteFile | RenameFile, Field(discriminator="kind")]


class GroupedEdit(Contract):
    """One edit of several that belong together; ``base`` is the file's text as its author knew it."""

    edit_id: EditId
    edit: FileEdit
    base: str | None = None


class HeldPart(Contract):
    """A place that the user had changed as well when an edit came: their lines stayed, the edit's wait.

    All are whole lines: ``base`` is what both started from, ``user`` what stands there, ``wanted`` what the
    edit would have put there. ``line`` counts from 1 in the file as the edit left it.
    """

    base: str
    user: str
    wanted: str
    line: int


class EditOutcome(Contract):
    """What became of a proposed edit.

    ``confirmed``: seen in the document or on disk with the expected content. ``claimed``: the editor says
    it applied it, nothing was seen yet. ``failed``: not applied; the proposal is kept in the log. ``pending``:
    not applied yet, it waits for green tests or for a person's word; the run goes on as if it were. ``held``
    are the parts left out because the user changed the same places; an edit held as a whole has failed.
    """

    edit_id: EditId
    path: str
    state: Literal["confirmed", "claimed", "failed", "pending"]
    reason: str = ""
    sha256: str = ""
    held: tuple[HeldPart, ...] = ()
