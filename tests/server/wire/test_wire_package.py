"""The package's own promises: its example works, and importing it stays light."""

import json
import subprocess
import sys
import textwrap
from importlib import resources
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types

import codecompanion.server.wire


def example() -> str:
    """The code of the package's docstring."""
    text = codecompanion.server.wire.__doc__
    start, end = text.index("    import asyncio"), text.index("Which pitfall")
    return textwrap.dedent(text[start:end])


def test_the_example_of_the_docstring_works(connect, tmp_path):
    script = tmp_path / "example.py"
    script.write_text(example())
    client = connect(script=script)
    capabilities = {"window": {"workDoneProgress": True}, "workspace": {"configuration": True}}
    assert client.initialize(capabilities)["result"]["capabilities"]["experimental"] == {"orchestra": {}}
    refused = client.call("workspace/executeCommand", {"command": "example.start"})
    assert refused["error"] == {"code": -32803, "message": "say what to start"}
    assert client.command("example.start", "Build") == {"runId": "run-1"}
    for method, result in {
        "window/workDoneProgress/create": None,
        "workspace/configuration": [{}],
        "workspace/applyEdit": {"applied": True},
    }.items():
        client.send({"jsonrpc": "2.0", "id": client.wait_method(method)["id"], "result": result})
    client.wait_method("orchestra/event")
    client.wait(lambda m: m.get("params", {}).get("value") == {"kind": "end"})
    client.open("file:///a", "")
    assert client.call("textDocument/codeLens", {"textDocument": {"uri": "file:///a"}})["result"] == []
    assert client.leave() == 0


HEAVY = ("pydantic", "numpy", "openai", "anthropic", "google", "aiosqlite", "websockets", "rich", "jinja2")


def test_importing_the_wire_imports_nothing_heavy_and_builds_no_converter():
    code = (
        "import sys; import codecompanion.server.wire.serve; import codecompanion.server.wire.server as wire; "
        "server = wire.OrchestraServer('x', '1'); "
        "server.feature('textDocument/codeAction', {'codeActionKinds': []})(print); "
        "assert server.protocol.codec._converter._converter is None; "
        f"print(sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_package_itself_imports_nothing():
    code = (
        "import sys; before = set(sys.modules); import codecompanion.server.wire; "
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('codecompanion')))"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["emacs_v29.1", "neovim_v0.7.0", "visual_studio_code_v1.65.2"])
async def test_a_session_with_the_capabilities_of_a_recorded_editor(name):
    """Driven by pytest-lsp's client, which checks our messages against lsprotocol's types."""
    client = pytest_lsp.make_test_lsp_client()
    await client.start_io(sys.executable, "-P", str(Path(__file__).parent / "probe_server.py"))
    stored = resources.files(pytest_lsp).joinpath("clients", f"{name}.json").read_text()
    params = client.protocol._converter.structure(json.loads(stored), types.InitializeParams)
    params.process_id = None
    await client.initialize_session(params)
    call = types.ExecuteCommandParams(command="probe.progress", arguments=[3, 0.06, "well", False])
    assert await client.workspace_execute_command_async(call) == "done"
    lens = types.CodeLensParams(types.TextDocumentIdentifier("file:///a"))
    assert (await client.text_document_code_lens_async(lens))[0].command.title == "Run"
    if params.capabilities.window.work_done_progress:
        [reports] = client.progress_reports.values()
        assert type(reports[0]) is types.WorkDoneProgressBegin
        assert type(reports[-1]) is types.WorkDoneProgressEnd
    await client.shutdown_session()
    await client.stop()
