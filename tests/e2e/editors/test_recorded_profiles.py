"""Editors as they were recorded: what each declares decides what it is sent, and every run ends well."""

import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client
from pytest_lsp.checks import LspSpecificationWarning

SALES = "a data pipeline that sums sales by month"
PROFILES = sorted(
    file.name.removesuffix(".json").replace("_v", "@v")
    for file in resources.files("pytest_lsp.clients").iterdir()
    if file.name.endswith(".json")
)
"""Every profile that pytest-lsp ships: Emacs, several versions of Neovim, and Visual Studio Code."""

WHOLE_RUNS = ("emacs@v29.1", "neovim@v0.7.0", "visual_studio_code@v1.65.2")
"""One of each kind of editor; for the others, a rehearsal shows what differs."""


class Editor:
    """A client with recorded capabilities that keeps documents and applies edits as it is told."""

    def __init__(
        self, client: LanguageClient, capabilities: types.ClientCapabilities, root: Path, eventually: Any
    ) -> None:
        self.eventually = eventually
        self.client = client
        self.capabilities = capabilities
        self.root = root
        self.edits: list[types.WorkspaceEdit] = []
        self.documents: dict[str, TextDocument] = {}
        self.codec = PositionCodec()

    async def begin(self) -> None:
        answer = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=self.capabilities,
                workspace_folders=[types.WorkspaceFolder(self.root.as_uri(), self.root.name)],
            )
        )
        self.codec = PositionCodec(answer.capabilities.position_encoding)

    async def run(self, command: str, argument: dict[str, Any]) -> dict[str, Any]:
        """Start a run, wait for its last word and return its status."""
        params = types.ExecuteCommandParams(command, [argument])
        answer = await self.client.workspace_execute_command_async(params)
        await self.eventually(self.last_word)
        standing = types.ExecuteCommandParams("orchestra.status", [field(answer, "runId")])
        (status,) = field(await self.client.workspace_execute_command_async(standing), "runs")
        return {"phase": field(status, "phase"), "files": field(status, "files")}

    def said(self) -> list[str]:
        return [message.message for message in self.client.messages]

    def last_word(self) -> bool:
        return any(not said.startswith("Orchestra has started") for said in self.said())

    def apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params.edit)
        for uri, edits in (params.edit.changes or {}).items():
            self._apply(uri, edits)
        for change in params.edit.document_changes or ():
            if isinstance(change, types.TextDocumentEdit):
                self._apply(change.text_document.uri, change.edits)
        return types.ApplyWorkspaceEditResult(applied=True)

    def _apply(self, uri: str, edits: Any) -> None:
        known = self.documents.get(uri)
        document = known or TextDocument(uri, "", version=0, position_codec=self.codec)
        for edit in sorted(edits, key=lambda one: (one.range.start.line, one.range.start.character))[::-1]:
            document.apply_change(types.TextDocumentContentChangePartial(text=edit.new_text, range=edit.range))
        document.version = (document.version or 0) + 1
        if known is None:
            self.documents[uri] = document
            item = types.TextDocumentItem(uri, types.LanguageKind.Python, document.version, document.source)
            self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
            return
        change = types.TextDocumentContentChangeWholeDocument(text=document.source)
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=document.version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))


def field(value: Any, name: str) -> Any:
    """Return a field of an answer, which pygls gives as an object or as a dict."""
    return value[name] if isinstance(value, dict) else getattr(value, name)


StartEditor = Callable[[types.ClientCapabilities], Awaitable[Editor]]


@pytest.fixture
async def start_editor(tmp_path: Path, editor_environ: Any, eventually: Any) -> AsyncIterator[StartEditor]:
    """Connect a client with given capabilities to a server on an empty folder; broken rules fail the test."""
    clients: list[LanguageClient] = []

    async def start(capabilities: types.ClientCapabilities) -> Editor:
        root = tmp_path / "work"
        root.mkdir()
        client = make_test_lsp_client()
        editor = Editor(client, capabilities, root, eventually)

        @client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            return editor.apply(params)

        command = (sys.executable, "-P", "-m", "codecompanion.server.cli", "serve", "--log-level", "warning")
        await client.start_io(*command, env=editor_environ(tmp_path, {}))
        clients.append(client)
        await editor.begin()
        return editor

    with warnings.catch_warnings(record=True, action="always", category=LspSpecificationWarning) as broken:
        yield start
        for client in clients:
            await client.shutdown_session()
            await client.stop()
    assert [str(rule.message) for rule in broken] == []


def check_progress(editor: Editor) -> None:
    """Each progress begins and ends once and never goes back."""
    reports = editor.client.progress_reports
    assert len(reports) > 1
    for one in reports.values():
        assert isinstance(one[0], types.WorkDoneProgressBegin)
        assert isinstance(one[-1], types.WorkDoneProgressEnd)
        middle = one[1:-1]
        assert all(isinstance(report, types.WorkDoneProgressReport) for report in middle)
        percentages = [report.percentage for report in middle if report.percentage is not None]
        assert percentages == sorted(percentages)


def check_forms(editor: Editor) -> None:
    """Edits come in a form that was declared, and files are created only where that was declared."""
    declared = editor.capabilities.workspace.workspace_edit
    operations = declared.resource_operations or []
    assert editor.edits
    for edit in editor.edits:
        changes = edit.document_changes or []
        assert bool(changes) == bool(declared.document_changes or operations)
        assert bool(edit.changes) == (not changes)
        for change in changes:
            if not isinstance(change, types.TextDocumentEdit):
                assert isinstance(change, types.CreateFile)
                assert types.ResourceOperationKind.Create in operations
            else:
                assert all(isinstance(one, types.TextEdit) for one in change.edits)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name not in WHOLE_RUNS])
async def test_a_rehearsal(start_editor: StartEditor, profile: str) -> None:
    editor = await start_editor(client_capabilities(profile))
    status = await editor.run("orchestra.simulateTask", {"tasks": 2, "seconds": 0.05})
    assert status["phase"] == "done"
    check_progress(editor)


@pytest.mark.parametrize("profile", WHOLE_RUNS)
async def test_a_whole_project(start_editor: StartEditor, profile: str) -> None:
    editor = await start_editor(client_capabilities(profile))
    status = await editor.run("orchestra.startProject", {"request": SALES})
    assert status["phase"] == "done"
    check_progress(editor)
    check_forms(editor)
    texts = {Path(document.path).name: document.source for document in editor.documents.values()}
    assert {Path(path).name for path in status["files"]} == set(texts)
    assert texts["README.md"].strip()


async def test_an_editor_without_progress_and_document_changes_is_told_in_messages(
    start_editor: StartEditor,
) -> None:
    # as eglot was before Emacs 29
    older = client_capabilities("emacs@v29.1")
    older.window = None
    older.workspace.workspace_edit = types.WorkspaceEditClientCapabilities(document_changes=False)
    editor = await start_editor(older)
    status = await editor.run("orchestra.startProject", {"request": SALES})
    assert status["phase"] == "done"
    assert editor.client.progress_reports == {}
    assert editor.said()[0].startswith("Orchestra has started")
    check_forms(editor)
