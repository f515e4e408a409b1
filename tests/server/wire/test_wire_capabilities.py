"""What is made of the capabilities real editors declare, and of nonsense."""

import json
from importlib import resources

import pytest
import pytest_lsp

from codecompanion.server.wire.advertised import server_capabilities
from codecompanion.server.wire.capabilities import ClientFeatures, client_features
from codecompanion.server.wire.positions import PositionEncoding


def recorded(name: str) -> ClientFeatures:
    """Read one of pytest-lsp's recordings of an editor's initialize."""
    return client_features(json.loads(resources.files(pytest_lsp).joinpath("clients", name).read_text()))


def test_visual_studio_code():
    code = recorded("visual_studio_code_v1.65.2.json")
    assert code.progress and code.apply_edit and code.document_changes and code.change_annotations
    assert code.show_document and code.configuration and code.code_lens_refresh and code.code_action_literals
    assert code.resource_operations == {"create", "rename", "delete"}
    assert code.failure_handling == "textOnlyTransactional"
    assert code.position_encoding is PositionEncoding.UTF16
    assert code.message_actions and not code.orchestra


def test_neovim():
    neovim = recorded("neovim_v0.11.0.json")
    assert neovim.progress and neovim.apply_edit and neovim.create_files and neovim.configuration
    assert not neovim.document_changes and not neovim.change_annotations
    assert neovim.position_encoding is PositionEncoding.UTF8
    assert recorded("neovim_v0.6.1.json").position_encoding is PositionEncoding.UTF16


def test_emacs():
    emacs = recorded("emacs_v29.1.json")
    assert emacs.apply_edit and emacs.document_changes and not emacs.message_actions
    assert not emacs.create_files and not emacs.rename_files and not emacs.delete_files


def test_a_client_that_says_nothing():
    assert client_features({}) == ClientFeatures()


def test_our_own_opt_in_and_who_it_is():
    params = {"clientInfo": {"name": "x", "version": "2"}, "capabilities": {"experimental": {"orchestra": {}}}}
    assert not client_features(params).orchestra
    params["capabilities"]["experimental"]["orchestra"] = {"events": True}
    features = client_features(params)
    assert (features.orchestra, features.name, features.version) == (True, "x", "2")


@pytest.mark.parametrize("nonsense", [None, 5, "text", True, [], [{}], {"support": 1}])
def test_what_has_the_wrong_type_counts_as_not_declared(nonsense):
    wrong = {
        "general": {"positionEncodings": nonsense},
        "window": {"workDoneProgress": nonsense if nonsense is not True else 1, "showDocument": nonsense},
        "workspace": {"workspaceEdit": nonsense, "codeLens": nonsense, "applyEdit": "true"},
        "textDocument": nonsense,
        "experimental": nonsense,
    }
    assert client_features({"clientInfo": nonsense, "capabilities": wrong}) == ClientFeatures()
    assert client_features({"capabilities": nonsense}) == ClientFeatures()


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [([], "utf-16"), (["utf-7"], "utf-16"), (["utf-16", "utf-8"], "utf-16"), ([5, "utf-8"], "utf-8")],
)
def test_the_first_encoding_we_know_is_taken(wanted, chosen):
    params = {"capabilities": {"general": {"positionEncodings": wanted}}}
    assert client_features(params).position_encoding == chosen


def test_advertised_names_options_and_additions():
    features = {
        "textDocument/codeLens": None,
        "codeLens/resolve": None,
        "textDocument/codeAction": {"codeActionKinds": ["quickfix"]},
        "textDocument/formatting": None,
        "textDocument/inlineCompletion": None,
        "textDocument/didSave": {"includeText": True},
        "textDocument/semanticTokens/full": None,
        "custom/method": None,
    }
    extra = {"hoverProvider": False, "workspace": {"workspaceFolders": {"supported": False}, "x": 1}}
    assert server_capabilities(features, ["b", "a"], PositionEncoding.UTF8, extra) == {
        "positionEncoding": "utf-8",
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": True}},
        "workspace": {"workspaceFolders": {"supported": False, "changeNotifications": True}, "x": 1},
        "executeCommandProvider": {"commands": ["a", "b"], "workDoneProgress": True},
        "codeLensProvider": {"resolveProvider": True},
        "codeActionProvider": {"codeActionKinds": ["quickfix"]},
        "documentFormattingProvider": True,
        "inlineCompletionProvider": True,
        "hoverProvider": False,
    }
