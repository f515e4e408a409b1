"""Proposed changes to workspace files, and what became of each."""

from typing import Annotated, Literal

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import EditId


class WholeFile(Contract):
    """A complete text for a new file (or a small one written anew)."""

    kind: Literal["whole"] = "whole"
    path: str
    text: str


class ReplaceBlock(Contract):
    """One search/replace block for an existing file; ``search`` must match exactly one place."""

    kind: Literal["replace"] = "replace"
    path: str
    search: str
    replace: str


FileEdit = Annotated[WholeFile | ReplaceBlock, Field(discriminator="kind")]


class EditOutcome(Contract):
    """What became of a proposed edit.

    ``confirmed``: seen in the document or on disk with the expected content. ``claimed``: the editor says
    it applied it, nothing was seen yet. ``failed``: not applied; the proposal is kept in the log.
    """

    edit_id: EditId
    path: str
    state: Literal["confirmed", "claimed", "failed"]
    reason: str = ""
    sha256: str = ""
