"""An edit is put into the words that the client understands."""

import pytest

from codecompanion.contracts.edits import WholeFile
from codecompanion.server.edits.plan import PlannedEdit, plan_edit
from codecompanion.server.edits.workspace_edit import Target, workspace_edit
from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.documents import OpenDocument, split_lines
from codecompanion.server.wire.positions import PositionEncoding

URI = "file:///w/a.py"
PLAIN = ClientFeatures(apply_edit=True)
VERSIONED = ClientFeatures(apply_edit=True, document_changes=True)
CREATING = ClientFeatures(apply_edit=True, resource_operations=frozenset({"create"}))


def plan(before: str | None, after: str) -> PlannedEdit:
    planned = plan_edit(before, WholeFile(path="a.py", text=after), None)
    assert isinstance(planned, PlannedEdit)
    return planned


def open_target(text: str, version: int | None, encoding: PositionEncoding = PositionEncoding.UTF16) -> Target:
    document = OpenDocument(URI, "python", version, tuple(split_lines(text)), encoding)
    return Target("a.py", URI, text, document)


def test_an_open_document_is_edited_by_its_version_even_when_that_is_zero() -> None:
    edit = workspace_edit(open_target("a\nb\n", 0), plan("a\nb\n", "a\nc\n"), VERSIONED)
    (change,) = edit["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 0}
    (text_edit,) = change["edits"]
    assert text_edit["newText"] == "c\n"
    assert text_edit["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}


def test_a_client_that_declares_nothing_gets_plain_changes() -> None:
    assert list(workspace_edit(open_target("a\n", 3), plan("a\n", "b\n"), PLAIN)) == ["changes"]


def test_a_client_that_only_declares_resource_operations_gets_versions_all_the_same() -> None:
    edit = workspace_edit(open_target("a\n", 3), plan("a\n", "b\n"), CREATING)
    assert edit["documentChanges"][0]["textDocument"]["version"] == 3


def test_a_new_file_is_created_first_and_never_emptied() -> None:
    edit = workspace_edit(Target("a.py", URI, None), plan(None, "x\n"), CREATING)
    create, change = edit["documentChanges"]
    assert create == {"kind": "create", "uri": URI, "options": {"overwrite": False, "ignoreIfExists": True}}
    assert change["textDocument"] == {"uri": URI, "version": None}
    assert change["edits"][0]["newText"] == "x\n"


@pytest.mark.parametrize("client", [PLAIN, VERSIONED])
def test_a_client_that_cannot_create_gets_the_edit_alone(client: ClientFeatures) -> None:
    edit = workspace_edit(Target("a.py", URI, None), plan(None, "x\n"), client)
    assert "create" not in str(edit)
    assert "x\\n" in repr(edit)


@pytest.mark.parametrize(
    ("encoding", "end"),
    [(PositionEncoding.UTF8, 6), (PositionEncoding.UTF16, 3), (PositionEncoding.UTF32, 2)],
)
def test_places_are_counted_in_the_clients_units(encoding: PositionEncoding, end: int) -> None:
    edit = workspace_edit(open_target("é😀", 1, encoding), plan("é😀", "x"), VERSIONED)
    (text_edit,) = edit["documentChanges"][0]["edits"]
    assert text_edit["range"]["end"] == {"line": 0, "character": end}


def test_a_closed_file_is_measured_in_the_clients_units_too() -> None:
    client = ClientFeatures(document_changes=True, position_encoding=PositionEncoding.UTF8)
    edit = workspace_edit(Target("a.py", URI, "é😀"), plan("é😀", "x"), client)
    assert edit["documentChanges"][0]["edits"][0]["range"]["end"] == {"line": 0, "character": 6}
