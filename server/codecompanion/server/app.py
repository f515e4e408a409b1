"""Makes the language server: which method and which command leads where. Imports nothing heavy."""

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcException

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.commands import COMMANDS, PREFIX, handler_of
from codecompanion.server.logs import redactor
from codecompanion.server.session import Session
from codecompanion.server.settings.folders import user_file
from codecompanion.server.wire.errors import RequestFailed, as_rpc_error
from codecompanion.server.wire.server import OrchestraServer

NAME = "codecompanion-orchestra"
VERSION = "0.1.0"
"""Written down here too, because asking the installation takes longer than all other work at start-up."""

CODE_ACTIONS = {"codeActionKinds": ["quickfix", "refactor", "refactor.rewrite"]}

REQUESTS: dict[str, tuple[str, Any]] = {
    "textDocument/codeAction": ("requests.code_action", CODE_ACTIONS),
    "textDocument/codeLens": ("requests.code_lens", {"resolveProvider": False}),
    "textDocument/hover": ("requests.hover", {}),
    "shutdown": ("requests.shutdown", None),
}
NOTIFICATIONS = {
    "initialized": "notifications.initialized",
    "textDocument/didOpen": "notifications.did_open",
    "textDocument/didChange": "notifications.did_change",
    "textDocument/didSave": "notifications.did_save",
    "textDocument/didClose": "notifications.did_close",
    "workspace/didChangeConfiguration": "notifications.did_change_configuration",
    "workspace/didChangeWatchedFiles": "notifications.did_change_watched_files",
    "workspace/didChangeWorkspaceFolders": "notifications.did_change_workspace_folders",
}
"""Method → module of this package, whose ``handle(session, params)`` is called."""

EXTRA = {"experimental": {"orchestra": {"events": "orchestra/event", "status": "orchestra/status"}}}


def make_server(
    environ: Mapping[str, str] = os.environ,
    settings_file: Path | None = None,
    *,
    log_level: str | None = None,
) -> OrchestraServer:
    """Return a server ready to be served; ``log_level``, if given, outweighs the settings'."""
    server = OrchestraServer(
        NAME, VERSION, extra_capabilities=EXTRA, translate_error=as_answer, redact=redactor
    )
    session = Session(server, environ=environ, user_file=settings_file, log_level=log_level)
    for command in COMMANDS:
        server.command(PREFIX + command)(handler_of(session, command))
    for method, (module, options) in REQUESTS.items():
        server.feature(method, options)(_late(session, module))
    for method, module in NOTIFICATIONS.items():
        server.feature(method)(_late(session, module))
    return server


def _late(session: Session, module: str) -> Callable[[Any], Any]:
    """Return a handler whose module is imported at its first call: it need not be there to start."""

    def handle(params: Any) -> Any:
        return importlib.import_module(f"codecompanion.server.{module}").handle(session, params)

    return handle


def as_answer(error: BaseException) -> JsonRpcException:
    """Return what the client gets for an exception: our own errors are sentences for the person."""
    return RequestFailed(str(error)) if isinstance(error, OrchestraError) else as_rpc_error(error)


def serve_editor(*, tcp: tuple[str, int] | None, log_level: str | None) -> int:
    """Serve one editor until it goes, and return the exit code; ``tcp`` None means stdin and stdout.

    ``log_level`` is that of the command line; None leaves it to the settings, once they are read.
    """
    from codecompanion.server.wire.serve import serve_stdio, serve_tcp  # noqa: PLC0415

    server = make_server(os.environ, user_file(os.environ), log_level=log_level)
    return serve_stdio(server) if tcp is None else serve_tcp(server, *tcp)
