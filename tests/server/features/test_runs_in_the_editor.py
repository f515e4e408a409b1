"""Runs looked at, forked and kept from the editor, and typing recorded beside the agents' edits."""

import asyncio
from pathlib import Path
from typing import Any

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import FollowedDatabase
from codecompanion.server.runs.reader import RunReader


class Beside:
    """The log of the server's folder, read beside it."""

    def __init__(self, root: Path) -> None:
        self.store = SqliteEventStore(FollowedDatabase(root / ".orchestra", None), lambda: 0.0)
        self.reader = RunReader(self.store)

    async def typed(self) -> list[str]:
        return [one.body.event.removeprefix("document_") for one in await self.store.read(DOCUMENTS)]


async def finished(editor: Any, command: str = "startProject", **arguments: Any) -> str:
    offline = {"offline": True} if command == "startProject" else {}
    begun = await editor.command(command, {**offline, **arguments})
    await editor.ended(begun["runId"])
    run_id: str = begun["runId"]
    return run_id


async def test_typing_is_recorded_from_the_first_run_on_and_any_moment_is_exact(start_editor: Any) -> None:
    editor = await start_editor()
    notes = editor.open("notes.py", "one\n")
    editor.type(notes, "one\ntwo\n")
    await asyncio.sleep(0.4)
    assert not (editor.root / ".orchestra").exists()
    run_id = await finished(editor, "simulateTask", tasks=1, seconds=0)
    beside = Beside(editor.root)
    try:
        await editor.eventually(lambda: _has(beside, ["opened"]))
        editor.type(notes, "one\ntwo\nthree \N{MUSICAL SYMBOL G CLEF}\n")
        editor.notify("textDocument/didSave", {"textDocument": {"uri": notes}})
        await editor.eventually(lambda: _has(beside, ["opened", "changed", "saved"]))
        editor.notify("textDocument/didClose", {"textDocument": {"uri": notes}})
        await editor.eventually(lambda: _has(beside, ["opened", "changed", "saved", "closed"]))
        seen = await beside.reader.replayed(run_id, "2999-01-01T00:00:00Z")
        assert seen.documents["notes.py"].text == "one\ntwo\nthree \N{MUSICAL SYMBOL G CLEF}\n"
        assert seen.problems == ()
    finally:
        await beside.store.close()


async def _has(beside: Beside, names: list[str]) -> bool:
    return await beside.typed() == names


async def test_what_is_ignored_or_secret_is_not_recorded_nor_anything_when_switched_off(
    start_editor: Any,
) -> None:
    editor = await start_editor()
    (editor.root / ".gitignore").write_text("ignored.py\n")
    for name in ("ignored.py", ".env", ".vscode/settings.json", "kept.py"):
        editor.open(name, "x = 1\n")
    editor.settings = {"recordTyping": True}
    await finished(editor, "simulateTask", tasks=1, seconds=0)
    beside = Beside(editor.root)
    try:
        await editor.eventually(lambda: _has(beside, ["opened"]))
        assert (await beside.store.read(DOCUMENTS))[0].body.path == "kept.py"
        editor.notify("workspace/didChangeConfiguration", {"settings": {"orchestra": {"recordTyping": False}}})
        await editor.eventually(lambda: _has(beside, ["opened", "closed"]))
    finally:
        await beside.store.close()


async def test_an_edit_is_in_the_recorded_document_when_it_counts_as_settled(start_editor: Any) -> None:
    editor = await start_editor()
    run_id = await finished(editor, request="a to-do list web app")
    beside = Beside(editor.root)
    try:
        history = await beside.reader.history(run_id)
        settled = [one for one in history if one.body.event == "edit_settled"]
        assert len(settled) > 5
        for one in (*settled, history[-1]):
            seen = await beside.reader.replayed(run_id, str(one.version))
            assert seen.problems == ()
        shown = {uri.rpartition(f"{editor.root.name}/")[2]: d.text for uri, d in editor.documents.items()}
        assert {path: d.text for path, d in seen.documents.items()} == shown
    finally:
        await beside.store.close()


async def test_runs_are_looked_at_and_kept_by_commands(start_editor: Any) -> None:
    editor = await start_editor()
    first = await finished(editor, request="a to-do list web app")
    runs = (await editor.command("runsList"))["runs"]
    assert [(run["runId"], run["state"]) for run in runs] == [(first, "done")]
    story = await editor.command("runsShow", {"runId": first, "agent": "ProjectManager"})
    assert story["events"][0]["text"] == "ProjectManager began task plan"
    then = await editor.command("runsReplay", {"to": "last", "full": True})
    assert then["status"]["phase"] == "done"
    assert all(document["text"] for document in then["documents"])
    checks = await editor.command("runsVerify")
    assert (checks["problems"], [run["problems"] for run in checks["runs"] if run["runId"] == first]) == (
        [],
        [[]],
    )
    assert (await editor.command("runsRename", {"runId": first, "title": "to-dos"}))["title"] == "to-dos"
    file = (await editor.command("runsExport", {"runId": first, "file": "run.jsonl.gz"}))["file"]
    again = await editor.command("runsImport", {"file": file})
    assert (again["origin"], again["ended"]) == (first, True)
    diff = await editor.command("runsDiff", {"runId": first, "other": again["runId"]})
    assert diff["files"] == []
    last_two = await editor.command("runsDiff")
    assert {last_two["one"], last_two["other"]} == {first, again["runId"]}
    assert await editor.command("runsClean", {"dryRun": True}) == {"removed": False, "runs": []}
    assert await editor.command("runsClean") == {"removed": True, "runs": []}
    assert (await editor.command("runsArchive", {"runId": again["runId"]}))["archived"] is True
    assert [run["title"] for run in (await editor.command("runsList"))["runs"]] == ["to-dos"]
    assert len((await editor.command("runsList", {"archived": True}))["runs"]) == 2


async def test_a_fork_runs_in_a_copy_with_progress_and_the_editors_documents_stay(start_editor: Any) -> None:
    editor = await start_editor()
    first = await finished(editor, request="a to-do list web app")
    before = {uri: document.text for uri, document in editor.documents.items()}
    story = await editor.command("runsShow", {"runId": first, "type": "plan_made"})
    at = str(story["events"][0]["version"])
    fork = await editor.command("runsFork", {"runId": first, "at": at})
    assert (fork["origin"], fork["version"]) == (first, int(at))
    await editor.ended(fork["runId"])
    await editor.until(lambda m: "the fork's files are in" in str(m.get("params", {})))
    assert {uri: document.text for uri, document in editor.documents.items()} == before
    folder = Path(fork["folder"])
    assert folder.parent == editor.root / ".orchestra" / "forks"
    assert (folder / "package.json").exists()
    runs = (await editor.command("runsList"))["runs"]
    assert [(run["state"], run["origin"]) for run in runs] == [("done", ""), ("done", first)]
