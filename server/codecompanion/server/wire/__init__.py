"""The hardened wire: pygls with its message handling, its streams and its documents replaced.

Importing this package imports nothing; take what you need from its modules.

    import asyncio, sys

    from codecompanion.server.wire.commands import CommandCall
    from codecompanion.server.wire.errors import RequestFailed
    from codecompanion.server.wire.serve import serve_stdio
    from codecompanion.server.wire.server import OrchestraServer
    from lsprotocol import types

    server = OrchestraServer("example", "1.0", extra_capabilities={"experimental": {"orchestra": {}}})

    @server.command("example.start")
    async def start(call: CommandCall) -> dict:
        # Raw JSON in, raw JSON out. A client's cancel arrives here as CancelledError.
        if not call.arguments:
            raise RequestFailed("say what to start")  # a sentence for the user; no traceback, no popup
        server.spawn(work(call.arguments[0]), "example work")  # outlives the request, ends with the server
        return {"runId": "run-1"}

    async def work(title: str) -> None:
        stop = asyncio.Event()
        with server.reporter.begin(title, percentage=0, on_cancel=stop.set) as progress:
            progress.report("half done", 50)  # as often as you like: at most 20 a second go out
            await ask()
            server.notify("orchestra/event", {"half": True})  # may be left out for a client that reads slowly
            server.notify("orchestra/status", {"share": 50}, key="status")  # of those waiting, the last

    async def ask() -> None:
        if server.client.configuration:
            try:
                wanted = {"items": [{"section": "orchestra"}]}
                server.settings = await server.request("workspace/configuration", wanted, timeout=5)
            except TimeoutError:  # the client has been sent $/cancelRequest; a late answer is ignored
                pass
        # pygls' typed methods are there too, without a time limit:
        edit = types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit(changes={}))
        await server.workspace_apply_edit_async(edit)

    @server.feature("textDocument/codeLens", {"resolveProvider": False})
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        document = server.documents.get(params.text_document.uri)  # None when it is not open
        return [] if document is None else []

    @server.feature("initialize")  # raw JSON; server.client, .folders and .documents are ready
    @server.feature("shutdown")  # None; has five seconds, also when the client just disappears
    async def lifecycle(params) -> None: ...

    if __name__ == "__main__":
        sys.exit(serve_stdio(server))  # or serve_tcp(server, "127.0.0.1", 0)

Which pitfall of pygls is dealt with where:

==  ===========================================================  ===================================
 1  cancelling a command did not cancel its async handler        ``incoming``
 2  the ``workDoneToken`` did not reach command handlers         ``commands``, ``progress``
 3  ``shutdown`` with a command in flight crashed                ``incoming``, ``protocol``
 4  ``exit`` with a task in flight took seconds                  ``serve``, ``outbox``
 5  the exit code was always 0                                   ``server``, ``serve``
 6  futures leaked                                               ``incoming``, ``outgoing``
 7  requests were left unanswered, or with the wrong code        ``envelope``, ``codec``, ``protocol``
 8  late answers raised, withdrawn requests were not withdrawn   ``outgoing``
 9  errors went to popups                                        ``protocol``, ``server``
10  threads held up the exit                                     ``serve``, ``server``
11  waiting for a future in a plain handler hung                 ``protocol`` (``send_request``)
12  a client that did not read froze the loop                    ``outbox``
13  ``print`` corrupted the stream                               ``channel`` (``claim_stdio``)
14  odd line ends shifted edits, closed files were read          ``documents``, ``positions``
15  command arguments were turned into objects                   ``commands``
16  capabilities that could not be advertised                    ``advertised``
17  leaked tokens, no guard before ``initialize``, no watchdog,  ``progress``, ``protocol``,
    lost exceptions, no limit to a frame                         ``watchdog``, ``background``, ``frames``
18  malformed frames and messages                                ``frames``, ``envelope``
==  ===========================================================  ===================================
"""
