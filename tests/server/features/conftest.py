"""A scripted editor over real stdio: it keeps documents, applies edits in its own way, records everything."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

PATIENCE = 20.0
FULL: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "codeLens": {"refreshSupport": True},
        "workspaceFolders": True,
    },
    "window": {"workDoneProgress": True},
    "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}},
    "experimental": {"orchestra": True},
}
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def capabilities(**changes: Any) -> dict[str, Any]:
    """Return a full client's capabilities with whole groups exchanged."""
    return {**FULL, **changes}


def without(group: str, name: str) -> dict[str, Any]:
    """Return a full client's capabilities but for one."""
    return {**FULL, group: {key: value for key, value in FULL[group].items() if key != name}}


def uri_of(path: Path) -> str:
    return "file://" + quote(str(path))


def path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


@dataclass
class Document:
    text: str
    version: int = 0
    language: str = "plaintext"


@dataclass
class Answered(Exception):
    """An error answer to a request of ours."""

    code: int
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass
class ScriptedEditor:
    """``apply`` is how the editor answers `workspace/applyEdit`; ``at`` has the time of each message seen.

    ``choices`` are what the person answers to questions, one by one; None, and all after them, dismiss.
    """

    root: Path
    process: asyncio.subprocess.Process
    client: dict[str, Any] = field(default_factory=dict)
    encoding: str = "utf-16"
    apply: Callable[["ScriptedEditor", dict[str, Any]], Awaitable[Any]] | None = None
    settings: Any = None
    choices: list[str | None] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    # -- the wire

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    async def ask(self, method: str, params: Any) -> Any:
        number = len(self.answers) + 1
        self.answers[number] = asyncio.get_running_loop().create_future()
        self.send({"id": number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE):
            return await self.answers[number]

    async def command(self, name: str, *arguments: Any) -> Any:
        return await self.ask(
            "workspace/executeCommand", {"command": f"orchestra.{name}", "arguments": list(arguments)}
        )

    async def read(self) -> None:
        assert self.process.stdout is not None
        # a server that is killed may leave half a message behind
        while (header := await self.process.stdout.readline()).endswith(b"\r\n"):
            length = int(header.split(b":")[1])
            try:
                body = await self.process.stdout.readexactly(len(b"\r\n") + length)
            except asyncio.IncompleteReadError:
                return
            message = json.loads(body)
            self.seen.append(message)
            self.at.append(time.perf_counter())
            if "method" not in message:
                self._answered(message)
            elif "id" in message:
                task = asyncio.create_task(self._serve(message))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            async with self.news:
                self.news.notify_all()

    def _answered(self, message: dict[str, Any]) -> None:
        future = self.answers[message["id"]]
        if "error" in message:
            future.set_exception(Answered(message["error"]["code"], message["error"]["message"]))
        else:
            future.set_result(message["result"])

    async def _serve(self, message: dict[str, Any]) -> None:
        try:
            result = await self._result(message["method"], message.get("params"))
        except Answered as error:
            self.send({"id": message["id"], "error": {"code": error.code, "message": error.message}})
        else:
            self.send({"id": message["id"], "result": result})

    async def _result(self, method: str, params: Any) -> Any:
        match method:
            case "workspace/applyEdit":
                return await (self.apply or honest)(self, params["edit"])
            case "workspace/configuration":
                return [self.settings for _ in params["items"]]
            case "window/showMessageRequest":
                chosen = self.choices.pop(0) if self.choices else None
                return None if chosen is None else {"title": chosen}
            case "window/showDocument":
                return {"success": True}
            case _:
                return None

    # -- documents

    def open(self, path: str, text: str, language: str = "python", version: int = 0) -> str:
        uri = uri_of(self.root / path)
        self.documents[uri] = Document(text, version, language)
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def type(self, uri: str, text: str) -> None:
        document = self.documents[uri]
        document.text, document.version = text, document.version + 1
        self.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": document.version}, "contentChanges": [{"text": text}]},
        )

    def edited(self, text: str, edits: list[dict[str, Any]]) -> str:
        """Return ``text`` after LSP text edits, counted in this client's units."""
        codec, size = _UNITS[self.encoding]
        lines = text.split("\n")

        def offset(place: dict[str, int]) -> int:
            if place["line"] >= len(lines):
                return len(text)
            before = sum(len(line) + 1 for line in lines[: place["line"]])
            units = lines[place["line"]].encode(codec)[: place["character"] * size]
            return before + len(units.decode(codec))

        spans = sorted((offset(e["range"]["start"]), offset(e["range"]["end"]), e["newText"]) for e in edits)
        for start, end, new in reversed(spans):
            text = text[:start] + new + text[end:]
        return text

    # -- looking back

    async def until(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """Return the first message, seen already or from now on, that is wanted."""
        async with asyncio.timeout(seconds), self.news:
            while True:
                for message in self.seen:
                    if wanted(message):
                        return message
                await self.news.wait()

    async def ended(self, run_id: str, seconds: float = PATIENCE) -> str:
        """Wait for the end of a run; returns the message that tells it."""

        def closing(message: dict[str, Any]) -> bool:
            return message.get("method") == "window/showMessage" and self._after_end(message, run_id)

        message = await self.until(closing, seconds)
        return str(message["params"]["message"])

    def _after_end(self, message: dict[str, Any], run_id: str) -> bool:
        """Whether a message tells the end of a run: it comes after that of its progress, if there is any."""
        if not self.capable("window", "workDoneProgress"):
            return not str(message["params"]["message"]).startswith("Orchestra has started")
        at = next(n for n, seen in enumerate(self.seen) if seen is message)
        token = f"orchestra/{run_id}"
        if any(progress_of(seen, token) for seen in self.seen[:at]):
            return any(progress_of(seen, token, "end") for seen in self.seen[:at])
        # progress whose creation was answered after the run's end is begun and ended after this message
        created = any((seen.get("params") or {}).get("token") == token for seen in self.seen[:at])
        return created and [value["kind"] for value in self.progress(token)] == ["begin", "end"]

    def capable(self, group: str, name: str) -> bool:
        return bool(self.client.get(group, {}).get(name))

    async def eventually(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again, for what no message tells."""
        for _ in range(500):
            if await holds():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it never came to be")

    async def all_progress_ended(self) -> list[str]:
        """Wait until every progress that was created has ended; returns the tokens.

        One that ends before its creation is answered is begun and ended after that answer.
        """
        tokens = [params["token"] for params in self.of("window/workDoneProgress/create")]

        async def ended() -> bool:
            return all(value[-1:] and value[-1]["kind"] == "end" for value in map(self.progress, tokens))

        await self.eventually(ended)
        return tokens

    async def phase(self, run_id: str) -> str:
        (status,) = (await self.command("status", {"runId": run_id}))["runs"]
        return str(status["phase"])

    def messages(self) -> list[str]:
        return [m["params"]["message"] for m in self.seen if m.get("method") == "window/showMessage"]

    def of(self, method: str) -> list[Any]:
        return [m.get("params") for m in self.seen if m.get("method") == method]

    def progress(self, token: str) -> list[dict[str, Any]]:
        values = (progress_of(message, token) for message in self.seen)
        return [value for value in values if value is not None]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        bodies = [event["body"] for event in self.of("orchestra/event")]
        return [body for body in bodies if name in (None, body["event"])]


def progress_of(message: dict[str, Any], token: str, kind: str | None = None) -> dict[str, Any] | None:
    if message.get("method") != "$/progress" or message["params"]["token"] != token:
        return None
    value: dict[str, Any] = message["params"]["value"]
    return value if kind in (None, value["kind"]) else None


# -- ways to answer `workspace/applyEdit`


def changes_in(edit: dict[str, Any]) -> list[tuple[str, Any, list[dict[str, Any]]]]:
    """Return (uri, version, edits) of the text changes of a workspace edit."""
    if "changes" in edit:
        return [(uri, None, edits) for uri, edits in edit["changes"].items()]
    texts = [change for change in edit["documentChanges"] if "kind" not in change]
    return [(c["textDocument"]["uri"], c["textDocument"]["version"], c["edits"]) for c in texts]


async def honest(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """As VS Code: checks versions, opens what was closed, tells of the change before it answers."""
    for uri, version, edits in changes_in(edit):
        document = editor.documents.get(uri)
        if document is None:
            path = path_of(uri)
            text = path.read_text() if path.exists() else ""
            editor.open(str(path.relative_to(editor.root)), editor.edited(text, edits), "plaintext")
        elif version not in (None, document.version):
            return {"applied": False}
        else:
            editor.type(uri, editor.edited(document.text, edits))
    return {"applied": True}


async def lying(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """Says yes and does nothing."""
    return {"applied": True}


async def refusing(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """Says no, with a reason."""
    return {"applied": False, "failureReason": "the user said no"}


async def unable(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """Says no at once and without a word, as Kate does when no command is under way."""
    return {"applied": False}


async def erring(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """Answers with an error, as eglot does for what it does not know."""
    raise Answered(-32603, "Internal error")


async def slow(editor: ScriptedEditor, edit: dict[str, Any]) -> Any:
    """Does it after a while."""
    await asyncio.sleep(0.2)
    return await honest(editor, edit)


@pytest.fixture
def tempers() -> dict[str, Callable[[ScriptedEditor, dict[str, Any]], Awaitable[Any]]]:
    """The ways above, by name."""
    return {way.__name__: way for way in (honest, lying, refusing, unable, erring, slow)}


StartEditor = Callable[..., Awaitable[ScriptedEditor]]
SERVE = (sys.executable, "-P", "-m", "codecompanion.server.cli", "serve", "--log-level", "warning")


@asynccontextmanager
async def running(
    root: Path, home: Path, environ: dict[str, str], program: Sequence[str | Path]
) -> AsyncIterator[ScriptedEditor]:
    own = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
    own = {key: value for key, value in own.items() if not key.startswith("ORCHESTRA_")}
    with (home / "server.log").open("wb") as server_log:
        process = await asyncio.create_subprocess_exec(
            *program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=server_log,
            env={**own, "XDG_CONFIG_HOME": str(home), **environ},
            limit=2**26,
        )
    editor = ScriptedEditor(root, process)
    reading = asyncio.create_task(editor.read())
    try:
        yield editor
    finally:
        if process.returncode is None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
        await reading
        for task in tuple(editor.tasks):
            task.cancel()


@pytest.fixture
async def start_editor(tmp_path: Path) -> AsyncIterator[StartEditor]:
    """Start a server and an editor on ``tmp_path/work``, or on the root or the folders named."""
    async with AsyncExitStack() as stack:

        async def start(
            client: dict[str, Any] = FULL,
            *,
            folders: list[Path] | None = None,
            apply: Any = None,
            encoding: str = "",
            settings: Any = None,
            environ: dict[str, str] | None = None,
            program: Sequence[str | Path] = SERVE,
            root: Path | None = None,
            trusted: bool = True,
            **params: Any,
        ) -> ScriptedEditor:
            root = root or tmp_path / "work"
            root.mkdir(exist_ok=True)
            editor = await stack.enter_async_context(running(root, tmp_path, environ or {}, program))
            editor.apply, editor.settings = apply, settings
            if encoding:
                client = {**client, "general": {"positionEncodings": [encoding]}}
                editor.encoding = encoding
            editor.client = client
            opened = [root] if folders is None else folders
            await editor.ask(
                "initialize",
                {
                    "processId": None,
                    "capabilities": client,
                    "workspaceFolders": [{"uri": uri_of(path), "name": path.name} for path in opened],
                    **params,
                    "initializationOptions": {**params.get("initializationOptions", {}), "trusted": trusted},
                },
            )
            editor.notify("initialized", {})
            return editor

        yield start
