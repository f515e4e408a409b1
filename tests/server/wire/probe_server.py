"""A server with a command for every way a handler can behave; the tests start it as a process."""

import argparse
import asyncio
import gc
import logging
import subprocess
import sys
import threading
import time
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException

from codecompanion.server.wire.commands import CommandCall
from codecompanion.server.wire.errors import RequestFailed, as_rpc_error
from codecompanion.server.wire.serve import serve_stdio, serve_tcp
from codecompanion.server.wire.server import OrchestraServer


class OutOfMemory(Exception):
    """One of the application's own exceptions, which it knows how to put to a user."""


def translate(error: BaseException) -> JsonRpcException:
    return RequestFailed(str(error)) if isinstance(error, OutOfMemory) else as_rpc_error(error)


server = OrchestraServer(
    "probe",
    "1.2.3",
    translate_error=translate,
    extra_capabilities={
        "experimental": {"orchestra": {"version": 1}},
        "workspace": {"textDocumentContent": {"schemes": ["orchestra"]}},
    },
)
seen: list[Any] = []


@server.command("probe.echo")
def echo(call: CommandCall) -> Any:
    return {"arguments": call.arguments, "token": call.work_done_token}


@server.command("probe.seen")
def what_was_seen(_: CommandCall) -> Any:
    return seen


@server.command("probe.forget")
def forget(_: CommandCall) -> None:
    seen.clear()


@server.command("probe.sleep")
async def sleep(call: CommandCall) -> Any:
    seen.append("sleep began")
    try:
        await asyncio.sleep(*call.arguments or [60])
    except asyncio.CancelledError:
        seen.append("sleep was cancelled")
        raise
    return "slept"


@server.command("probe.stubborn")
async def stubborn(call: CommandCall) -> Any:
    for _ in range(*call.arguments or [600]):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            seen.append("ignored a cancel")
    return "finished all the same"


@server.command("probe.result")
def odd_result(call: CommandCall) -> Any:
    circle: list[Any] = []
    circle.append(circle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return {"object": object(), "set": {1}, "nan": float("nan"), "circle": circle, "deep": deep}[
        call.arguments[0]
    ]


@server.command("probe.raise")
def fail(call: CommandCall) -> Any:
    raise {
        "value": ValueError("a plain mistake"),
        "failed": RequestFailed("the folder is read-only"),
        "own": OutOfMemory("nothing is left"),
        "modified": JsonRpcContentModified("the document changed"),
        "data": JsonRpcException("odd data", -32001, {"what": object()}),
    }[call.arguments[0]]


@server.command("probe.raiseLater")
async def fail_later(call: CommandCall) -> Any:
    await asyncio.sleep(0)
    fail(call)


@server.command("probe.counts")
def counts(_: CommandCall) -> Any:
    gc.collect()
    alive = gc.get_objects()
    return {
        "futures": sum(isinstance(item, asyncio.Future) for item in alive),
        "incoming": len(server.protocol.incoming),
        "outgoing": len(server.protocol.outgoing),
        "background": len(server.background),
        "progress": len(server.reporter),
        "pygls": len(server.protocol._request_futures) + len(server.protocol._result_types),
        "threads": threading.active_count(),
    }


@server.command("probe.document")
def document(call: CommandCall) -> Any:
    found = server.documents.get(call.arguments[0])
    if found is None:
        return None
    return {
        "text": found.text,
        "version": found.version,
        "sha256": found.sha256,
        "languageId": found.language_id,
        "lines": len(found.lines),
    }


@server.command("probe.folders")
def folders(_: CommandCall) -> Any:
    return [[folder.name, folder.path] for folder in server.folders]


@server.command("probe.print")
def talk(_: CommandCall) -> Any:
    print("printed by the server", flush=True)  # noqa: T201 (what is tested)
    subprocess.run([sys.executable, "-c", "import sys; print('by a child', sys.stdin.read())"], check=True)
    return "still here"


@server.command("probe.ask")
async def ask(call: CommandCall) -> Any:
    method, params, timeout = call.arguments
    try:
        return {"result": await server.request(method, params, timeout=timeout)}
    except JsonRpcException as refusal:
        return {"code": refusal.code, "message": refusal.message}
    except TimeoutError as late:
        return {"timeout": str(late)}


@server.command("probe.applyEdit")
async def apply_edit(_: CommandCall) -> Any:
    edit = types.WorkspaceEdit(changes={})
    answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=edit, label="probe"))
    return answer.failure_reason


@server.command("probe.flood")
def flood(call: CommandCall) -> Any:
    """Send ``count`` messages of ``size`` bytes; of progress, of the log, of events or of what must arrive."""
    kind, count, size = call.arguments
    padding = "x" * size
    for number in range(count):
        match kind:
            case "progress":
                value = {"kind": "report", "message": f"{number} {padding}"}
                params = {"token": "flood", "value": value}
                server.notify("$/progress", params, droppable=True, key="flood")
            case "log":
                server.notify("window/logMessage", {"type": 4, "message": f"{number} {padding}"})
            case "event":
                server.notify("orchestra/event", {"number": number, "padding": padding})
            case "must":
                server.notify("probe/must", {"number": number, "padding": padding})
    return count


@server.command("probe.progress")
async def progress(call: CommandCall) -> Any:
    """Do ``steps`` steps, each with a report, then end as ``how`` says."""
    steps, pause, how, adopt = call.arguments
    bar = server.reporter.begin(
        "Probe",
        percentage=0,
        on_cancel=lambda: seen.append("progress was cancelled"),
        token=call.work_done_token if adopt else None,
    )
    if how == "leave open":
        return "left open"
    with bar:
        for step in range(steps):
            bar.report(f"step {step}", 100 * step // max(steps, 1) if step % 7 else 0)
            await asyncio.sleep(pause)
        if how == "fail":
            raise RequestFailed("as asked")
        bar.end("all done")
        bar.end("twice")
    return "done"


@server.command("probe.spawn")
async def spawn(call: CommandCall) -> Any:
    async def work() -> None:
        if call.arguments:
            await asyncio.sleep(60)
        raise ValueError("background work went wrong")

    server.spawn(work(), "the probe's own work")
    return "spawned"


@server.command("probe.block")
def block(call: CommandCall) -> Any:
    time.sleep(call.arguments[0])


@server.command("probe.thread")
async def thread(call: CommandCall) -> Any:
    seen.append("thread began")
    await asyncio.to_thread(time.sleep, call.arguments[0])


@server.feature("textDocument/codeLens", {"resolveProvider": False})
async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
    place = types.Range(types.Position(0, 0), types.Position(0, 0))
    return [types.CodeLens(range=place, command=types.Command(title="Run", command=params.text_document.uri))]


@server.feature("textDocument/hover")
def hover(params: types.HoverParams) -> types.Hover:
    return types.Hover(contents=f"line {params.position.line}")


@server.feature("textDocument/didSave")
def did_save(params: types.DidSaveTextDocumentParams) -> None:
    seen.append(f"saved {params.text_document.uri}")
    raise ValueError("a mistake in a notification handler")


@server.feature("textDocument/didChange")
def did_change(params: types.DidChangeTextDocumentParams) -> None:
    seen.append(f"changed to version {params.text_document.version}")


@server.feature("probe/raw")
def raw(params: Any) -> Any:
    return {"got": params}


@server.feature("shutdown")
async def shut_down(_: None) -> None:
    await asyncio.sleep(0.01)
    logging.getLogger("probe").info("the shutdown handler ran")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tcp", default="")
    parser.add_argument("--deadline", type=float, default=10.0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    if options.tcp:
        host, _, port = options.tcp.rpartition(":")
        return serve_tcp(server, host, int(port), deadline=options.deadline)
    return serve_stdio(server, deadline=options.deadline)


if __name__ == "__main__":
    sys.exit(main())
