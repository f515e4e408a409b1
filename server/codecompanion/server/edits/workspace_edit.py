"""A planned edit in the words of the protocol, in the form that the client understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codecompanion.orchestra.edits.matching import Splice
from codecompanion.server.edits.plan import PlannedEdit
from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.documents import OpenDocument, split_lines


@dataclass(frozen=True, slots=True)
class Target:
    """The file an edit goes to, as it is now: ``text`` None when it does not exist, ``document`` when open."""

    path: str
    uri: str
    text: str | None
    document: OpenDocument | None = None


def workspace_edit(
    target: Target, plan: PlannedEdit, client: ClientFeatures, known: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the LSP ``WorkspaceEdit`` for one file; ``known`` are its text edits, where they were made before.

    ``documentChanges`` is used where the client declares it or any resource operation: some that understand
    it do not say so. A file is created only where the client can; elsewhere the edit of its URI makes it.
    """
    edits = text_edits(target, plan.splices, client) if known is None else list(known)
    if not (client.document_changes or client.resource_operations):
        return {"changes": {target.uri: edits}}
    # version 0 is a version; null is what the protocol says for a file that is not open
    version = target.document.version if target.document else None
    changes: list[dict[str, Any]] = [{"textDocument": {"uri": target.uri, "version": version}, "edits": edits}]
    if target.text is None and client.create_files:
        # without ignoreIfExists some clients empty a file that appeared meanwhile
        options = {"overwrite": False, "ignoreIfExists": True}
        changes.insert(0, {"kind": "create", "uri": target.uri, "options": options})
    return {"documentChanges": changes}


def text_edits(target: Target, splices: Sequence[Splice], client: ClientFeatures) -> list[dict[str, Any]]:
    """Return the splices as LSP ``TextEdit``s, all in terms of the text before any of them."""
    document = target.document or OpenDocument(
        uri=target.uri,
        language_id="",
        version=None,
        lines=tuple(split_lines(target.text or "")),
        encoding=client.position_encoding,
    )
    return [
        {
            "range": {
                "start": document.position_of(splice.start).to_wire(),
                "end": document.position_of(splice.end).to_wire(),
            },
            "newText": splice.new_text,
        }
        for splice in splices
    ]
