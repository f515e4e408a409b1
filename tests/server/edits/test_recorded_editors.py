"""Edits in the form that real editors understand, by the capabilities they were recorded with."""

import json
from importlib.resources import files
from typing import Any

import pytest

from codecompanion.contracts.edits import WholeFile
from codecompanion.server.edits.plan import PlannedEdit, plan_edit
from codecompanion.server.edits.workspace_edit import Target, workspace_edit
from codecompanion.server.wire.capabilities import ClientFeatures, client_features
from codecompanion.server.wire.documents import OpenDocument, split_lines

URI = "file:///w/a.py"
RECORDED = files("pytest_lsp") / "clients"
NEOVIMS = ("neovim_v0.7.0", "neovim_v0.9.1", "neovim_v0.10.0", "neovim_v0.11.0")


def client(name: str) -> ClientFeatures:
    return client_features(json.loads((RECORDED / f"{name}.json").read_text("utf-8")))


def edit(name: str, before: str | None, *, version: int | None = None) -> dict[str, Any]:
    features = client(name)
    plan = plan_edit(before, WholeFile(path="a.py", text="é😀 = 2\n"), None)
    assert isinstance(plan, PlannedEdit)
    document = None
    if version is not None:
        lines = tuple(split_lines(before or ""))
        document = OpenDocument(URI, "python", version, lines, features.position_encoding)
    return workspace_edit(Target("a.py", URI, before, document), plan, features)


@pytest.mark.parametrize("name", [*NEOVIMS, "visual_studio_code_v1.65.2"])
def test_editors_that_can_create_are_told_to_and_then_given_the_text(name: str) -> None:
    create, change = edit(name, None)["documentChanges"]
    assert create["kind"] == "create"
    assert create["options"]["ignoreIfExists"]
    assert change["edits"][0]["newText"] == "é😀 = 2\n"


def test_eglot_cannot_create_and_gets_the_text_alone() -> None:
    (change,) = edit("emacs_v29.1", None)["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": None}


@pytest.mark.parametrize("name", [*NEOVIMS, "visual_studio_code_v1.65.2", "emacs_v29.1"])
def test_an_open_document_is_always_edited_by_version(name: str) -> None:
    (change,) = edit(name, "é😀 = 1\n", version=0)["documentChanges"]
    assert change["textDocument"]["version"] == 0


@pytest.mark.parametrize(
    ("name", "end"),
    [("neovim_v0.7.0", 3), ("neovim_v0.11.0", 6), ("emacs_v29.1", 2), ("visual_studio_code_v1.65.2", 3)],
)
def test_columns_are_counted_as_the_editor_asked(name: str, end: int) -> None:
    (change,) = edit(name, "é😀", version=1)["documentChanges"]
    assert change["edits"][0]["range"]["end"] == {"line": 0, "character": end}
