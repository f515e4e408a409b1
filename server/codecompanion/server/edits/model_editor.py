"""An editor in memory, of any of the tempers that real ones were seen to have, with a person who types.

It stands beside the port so that tests and benchmarks have what the arbiter really meets: messages that take
their time, versions that are refused, skipped or ignored, claims that are not true. It knows nothing of the
server's documents: its buffers are its own.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcException

from codecompanion.server.edits.tempers import Temper
from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.errors import ConnectionClosed

Notify = Callable[[str, dict[str, Any]], None]
"""Takes a notification of the editor: its method and parameters."""


@dataclass(slots=True)
class Buffer:
    """A text in the editor; ``undo`` has its earlier states, ``untold`` what the server has not heard of."""

    text: str
    version: int = 0
    undo: list[str] = field(default_factory=list)
    untold: list[dict[str, Any]] = field(default_factory=list)


class ModelEditor:
    """Implements ``Editor`` for the arbiter.

    ``latency`` gives the seconds a message is on its way; messages of one direction never overtake each other.
    Paths are relative to ``root``, whose URI is ``uri``.
    """

    def __init__(
        self, root: Path, temper: Temper, notify: Notify, latency: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.root = root
        self.uri = root.as_uri()
        self.temper = temper
        self.buffers: dict[str, Buffer] = {}
        self.hidden: dict[str, Buffer] = {}
        self.alive = True
        self._notify = notify
        self._latency = latency
        self._out_until = self._in_until = 0.0
        self._commanded_at = float("-inf")

    @property
    def client(self) -> ClientFeatures:
        """What it declares."""
        return self.temper.features

    # -- the person

    def open(self, path: str) -> None:
        """Show a file."""
        file = self.root / path
        # bytes are read, so that line ends stay as they are
        text = file.read_bytes().decode() if file.exists() else ""
        self.buffers[path] = Buffer(text)
        item = {"uri": self._uri(path), "languageId": "", "version": 0, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": item})

    def type(self, path: str, start: int, end: int, text: str) -> None:
        """Put ``text`` in place of some characters."""
        self._change(path, [(start, end, text)])

    def undo(self, path: str) -> None:
        """Take back the last change of a buffer, whoever made it."""
        buffer = self.buffers[path]
        if buffer.undo:
            text = buffer.undo.pop()
            self._change(path, [(0, len(buffer.text), text)])
            buffer.undo.pop()

    def save(self, path: str) -> None:
        """Write a buffer to the disk."""
        self.flush(path)
        (self.root / path).write_bytes(self.buffers[path].text.encode())
        self._tell("textDocument/didSave", {"textDocument": {"uri": self._uri(path)}})

    def command(self) -> None:
        """Call a command of the server's, after which every editor takes edits for a while."""
        self._commanded_at = self._now()

    def quit(self) -> None:
        """Go away without a word."""
        self.alive = False

    # -- the server

    async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
        """Answer `workspace/applyEdit` as this temper does."""
        assert method == "workspace/applyEdit"
        async with asyncio.timeout(timeout):
            self._in_until = max(self._in_until, self._now() + self._latency())
            await asyncio.sleep(self._in_until - self._now() + self.temper.thinks)
            if not self.alive:
                raise ConnectionClosed("the client went away")
            answer = self._answer(params["edit"])
            arrived = asyncio.Event()
            self._later(arrived.set)
            await arrived.wait()
            return answer

    def _answer(self, edit: Mapping[str, Any]) -> dict[str, Any]:
        takes = self.temper.takes_edits_for
        if takes is not None and self._now() - self._commanded_at > takes:
            return {"applied": False}
        for number, change in enumerate(_changes_of(edit)):
            if not (self._operate(change) if "kind" in change else self._edit(change)):
                return {"applied": False, "failedChange": number}
        return {"applied": True}

    def _operate(self, change: Mapping[str, Any]) -> bool:
        if change["kind"] not in self.client.resource_operations:
            raise JsonRpcException("Internal error", -32603)
        match change["kind"]:
            case "create":
                return True
            case "delete":
                path = self._path(change["uri"])
                (self.root / path).unlink(missing_ok=True)
                self._close(path)
            case "rename":
                old, new = self._path(change["oldUri"]), self._path(change["newUri"])
                (self.root / old).rename(self.root / new)
                if old in self.buffers:
                    self._close(old)
                    self.open(new)
        return True

    def _edit(self, change: Mapping[str, Any]) -> bool:
        path, version = self._path(change["textDocument"]["uri"]), change["textDocument"].get("version")
        buffer = self.buffers.get(path)
        if buffer is not None and version is not None and version < buffer.version:
            match self.temper.stale:
                case "refuse":
                    return False
                case "skip":
                    return True
        if buffer is None:
            return self._edit_closed(path, change["edits"])
        self._change(path, _spans(buffer.text, change["edits"]))
        if not self.temper.answers_first:
            self.flush(path)
        return True

    def _edit_closed(self, path: str, edits: list[dict[str, Any]]) -> bool:
        if self.temper.closed == "refuses":
            return False
        if self.temper.closed == "hides":
            file = self.root / path
            buffer = self.hidden.setdefault(path, Buffer(file.read_text() if file.exists() else ""))
            buffer.text = _edited(buffer.text, _spans(buffer.text, edits))
            return True
        self.open(path)
        self._change(path, _spans(self.buffers[path].text, edits))
        self.flush(path)
        return True

    # -- what the server hears

    def _change(self, path: str, spans: list[tuple[int, int, str]]) -> None:
        buffer = self.buffers[path]
        buffer.undo.append(buffer.text)
        for start, end, text in reversed(spans):
            where = {"start": _place(buffer.text, start), "end": _place(buffer.text, end)}
            buffer.untold.append({"range": where, "text": text})
            buffer.text = buffer.text[:start] + text + buffer.text[end:]
        buffer.version += 1
        if self.temper.debounce:
            asyncio.get_running_loop().call_later(self.temper.debounce, self.flush, path)
        else:
            self.flush(path)

    def flush(self, path: str) -> None:
        """Tell the server of all changes of a buffer that it has not heard of."""
        buffer = self.buffers.get(path)
        if buffer is None or not buffer.untold:
            return
        changes, buffer.untold = buffer.untold, []
        item = {"uri": self._uri(path), "version": buffer.version}
        self._tell("textDocument/didChange", {"textDocument": item, "contentChanges": changes})

    def _close(self, path: str) -> None:
        if self.buffers.pop(path, None) is not None:
            self._tell("textDocument/didClose", {"textDocument": {"uri": self._uri(path)}})

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._later(lambda: self._notify(method, params))

    def _later(self, act: Callable[[], Any]) -> None:
        loop = asyncio.get_running_loop()
        self._out_until = max(self._out_until + 1e-9, loop.time() + self._latency())
        loop.call_at(self._out_until, lambda: act() if self.alive else None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _uri(self, path: str) -> str:
        return f"{self.uri}/{path}"

    def _path(self, uri: str) -> str:
        return uri.removeprefix(self.uri + "/")


def _changes_of(edit: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "changes" in edit:
        return [{"textDocument": {"uri": uri}, "edits": edits} for uri, edits in edit["changes"].items()]
    return list(edit["documentChanges"])


def _spans(text: str, edits: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Return LSP text edits as character spans of ``text``, in order; places outside it are moved into it."""
    spans = [
        (_offset(text, e["range"]["start"]), _offset(text, e["range"]["end"]), e["newText"]) for e in edits
    ]
    return sorted(spans, key=lambda span: span[:2])


def _edited(text: str, spans: list[tuple[int, int, str]]) -> str:
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def _offset(text: str, place: Mapping[str, int]) -> int:
    """Return where a place is in the text; lines end at LF here, columns count UTF-16 units."""
    lines = text.split("\n")
    if place["line"] >= len(lines):
        return len(text)
    at = sum(map(len, lines[: place["line"]])) + place["line"]
    units = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]]
    return at + len(units.decode("utf-16-le", "ignore"))


def _place(text: str, offset: int) -> dict[str, int]:
    start = text.rfind("\n", 0, offset) + 1
    units = len(text[start:offset].encode("utf-16-le")) // 2
    return {"line": text.count("\n", 0, offset), "character": units}
