"""A language client without a person: what an editor says to `orchestra serve`, and how it takes edits."""

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from json import dumps, loads
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from codecompanion.server.demo import DemoFailed
from codecompanion.server.wire.documents import OpenDocument, split_lines
from codecompanion.server.wire.frames import FrameParser, encode_frame
from codecompanion.server.wire.positions import PositionEncoding
from codecompanion.server.wire.uris import path_from_uri, uri_from_path

CAPABILITIES = {
    "general": {"positionEncodings": ["utf-32"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    },
    "experimental": {"orchestra": True},
}
METHOD_NOT_FOUND = -32601
LONGEST_END = 10.0


class ScriptedEditor:
    """One session with a language server, in one thread; messages are dealt with while something is waited for.

    ``heard`` is told of every notification, ``changed`` of every file that an edit of the server changed. An
    edit is applied to the document and saved, or refused with the reason; the server's word is not needed to
    know what became of it.
    """

    def __init__(
        self,
        server: "Popen[bytes]",
        folder: Path,
        *,
        heard: Callable[[str, Any], None],
        changed: Callable[[Path, str], None],
    ) -> None:
        if server.stdin is None or server.stdout is None:
            raise ValueError("the server must be reached by pipes: stdin=PIPE and stdout=PIPE")
        self._server = server
        self._to_server = server.stdin
        self._messages = _messages(server.stdout.fileno())
        self._folder = folder.resolve()
        self._heard = heard
        self._changed = changed
        self._ids = count(1)
        self._documents: dict[str, OpenDocument] = {}

    def initialize(self) -> str:
        """Open the session on the folder and return the server's name and version."""
        uri = uri_from_path(str(self._folder))
        answer = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "Orchestra's demo"},
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": self._folder.name}],
                "capabilities": CAPABILITIES,
            },
        )
        self._notify("initialized", {})
        info = answer["serverInfo"]
        return f"{info['name']} {info['version']}"

    def command(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command of the server and return its answer."""
        return self.request("workspace/executeCommand", {"command": name, "arguments": [arguments]})

    def request(self, method: str, params: Any) -> Any:
        """Send a request and return its result; raises ``DemoFailed`` with the server's words for an error."""
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if "method" in message:
                self._take(message)
            elif message.get("id") == number:
                break
        if "error" in message:
            raise DemoFailed(f"the server refused {method}: {message['error']['message']}")
        return message["result"]

    def listen_until(self, done: Callable[[], bool]) -> None:
        """Deal with what the server sends until ``done``."""
        while not done():
            self._take(self._next())

    def close(self) -> int:
        """End the session as the protocol says and return the server's exit code."""
        self.request("shutdown", None)
        self._notify("exit", None)
        self._to_server.close()
        try:
            return self._server.wait(LONGEST_END)
        except TimeoutExpired:
            raise DemoFailed(f"the language server did not end within {LONGEST_END:.0f} s of exit") from None

    # -- messages

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._to_server.write(encode_frame(dumps({"jsonrpc": "2.0", **message}).encode()))
            self._to_server.flush()
        except OSError:
            raise DemoFailed("the language server ended too early, or was too slow and was ended") from None

    def _notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        message = next(self._messages, None)
        if message is None:
            raise DemoFailed("the language server ended too early, or was too slow and was ended")
        return message

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            return
        method: str = message["method"]
        params: Any = message.get("params")
        if "id" not in message:
            self._heard(method, params)
        elif method == "workspace/applyEdit":
            self._send({"id": message["id"], "result": self._apply(params["edit"])})
        elif method == "window/workDoneProgress/create":
            self._send({"id": message["id"], "result": None})
        else:
            error = {"code": METHOD_NOT_FOUND, "message": f"this client does not know {method}"}
            self._send({"id": message["id"], "error": error})

    # -- edits

    def _apply(self, edit: dict[str, Any]) -> dict[str, Any]:
        try:
            for change in edit["documentChanges"]:
                if change.get("kind") == "create":
                    self._create(change["uri"])
                else:
                    self._edit(change["textDocument"], change["edits"])
        except (_Refused, OSError, ValueError) as problem:
            return {"applied": False, "failureReason": str(problem)}
        return {"applied": True}

    def _path(self, uri: str) -> Path:
        path = Path(path_from_uri(uri)).resolve()
        if not path.is_relative_to(self._folder):
            raise _Refused(f"{path} lies outside of {self._folder}")
        return path

    def _create(self, uri: str) -> None:
        path = self._path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def _edit(self, target: dict[str, Any], edits: list[dict[str, Any]]) -> None:
        path, uri = self._path(target["uri"]), target["uri"]
        document = self._documents.get(uri)
        version = document.version if document else None
        if target["version"] not in (None, version):
            raise _Refused(f"{path.name} is at version {version}, the edit is for {target['version']}")
        before = document or _opened(uri, path.read_bytes().decode("utf-8") if path.exists() else "")
        # all places are those of the text before; from the end backwards none of them moves
        backwards = sorted(edits, key=_start, reverse=True)
        changes = [{"range": one["range"], "text": one["newText"]} for one in backwards]
        after = before.edited(changes, (version or 0) + 1)
        path.write_text(after.text, "utf-8", newline="")
        self._documents[uri] = after
        self._tell(after, opened=document is None)
        self._changed(path, after.text)

    def _tell(self, document: OpenDocument, *, opened: bool) -> None:
        named = {"uri": document.uri, "version": document.version}
        if opened:
            item = {**named, "languageId": "plaintext", "text": document.text}
            self._notify("textDocument/didOpen", {"textDocument": item})
        else:
            changes = [{"text": document.text}]
            self._notify("textDocument/didChange", {"textDocument": named, "contentChanges": changes})
        self._notify("textDocument/didSave", {"textDocument": {"uri": document.uri}})


class _Refused(Exception):
    """An edit that this editor does not apply."""


def _messages(source: int) -> Iterator[dict[str, Any]]:
    frames = FrameParser()
    while data := os.read(source, 65536):
        for body in frames.feed(data):
            if not isinstance(body, bytes):
                raise DemoFailed(f"the server sent {body.reason}")
            yield loads(body)


def _opened(uri: str, text: str) -> OpenDocument:
    return OpenDocument(uri, "", None, tuple(split_lines(text)), PositionEncoding.UTF32)


def _start(edit: dict[str, Any]) -> tuple[int, int]:
    start = edit["range"]["start"]
    return start["line"], start["character"]
