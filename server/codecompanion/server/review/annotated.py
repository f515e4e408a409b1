"""Changes that the editor asks about one by one before it makes them, where it knows change annotations."""

from typing import Any

from codecompanion.contracts.wording import counted
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.server.edits.workspace_edit import Target, text_edits
from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.documents import OpenDocument


def choosing_action(document: OpenDocument, wanted: str, client: ClientFeatures) -> dict[str, Any]:
    """Return a code action whose edit makes the document read as wanted, each place to be confirmed."""
    target = Target(document.uri, document.uri, document.text, document)
    edits = text_edits(target, tuple(line_changes(document.text, wanted)), client)
    annotations = {
        str(nth): {
            "label": f"Orchestra: line {edit['range']['start']['line'] + 1}",
            "needsConfirmation": True,
            "description": edit["newText"].strip().split("\n")[0][:80] or "lines are removed",
        }
        for nth, edit in enumerate(edits, 1)
    }
    changes = [{**edit, "annotationId": str(nth)} for nth, edit in enumerate(edits, 1)]
    document_edit = {"textDocument": {"uri": document.uri, "version": document.version}, "edits": changes}
    return {
        "title": f"Orchestra: choose among {counted(len(edits), 'change')}…",
        "kind": "quickfix",
        "edit": {"documentChanges": [document_edit], "changeAnnotations": annotations},
    }
