"""Old typing goes with the clean-up: runs that stay replay to the same documents, and a check knows of it."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from codecompanion.contracts import document_events as d
from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.session_events import SESSIONS, TypingCut
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.typing_stream import remove_typing
from codecompanion.orchestra.replay.replay import Replayed
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.runs import cleaning, typing_cut
from codecompanion.server.runs.cleaning import Policy
from codecompanion.server.runs.reader import RunReader

DAY = 86_400.0
LONG_AGO = 1_000_000_000.0
NOW = 1_800_000_000.0
POLICY = Policy(90, 500)
TYPED = 600


class Typist:
    """Opens a document and types into it, one letter an event."""

    def __init__(self, store: SqliteEventStore, path: str) -> None:
        self.store, self.path, self.text = store, path, ""

    async def opens(self, text: str) -> None:
        self.text = text
        kept = await self.store.blobs.put(text.encode())
        await self.add(d.DocumentOpened(path=self.path, version=1, sha256=kept))

    async def types(self, letters: str) -> None:
        events = []
        for letter in letters:
            change = d.TextChange(start=len(self.text), end=len(self.text), text=letter)
            self.text += letter
            events.append(
                d.DocumentChanged(path=self.path, version=2, changes=(change,), sha256=sha(self.text))
            )
        await self.add(*events)

    async def saves(self) -> None:
        await self.add(d.DocumentSaved(path=self.path, sha256=sha(self.text)))

    async def closes(self) -> None:
        await self.add(d.DocumentClosed(path=self.path))

    async def add(self, *events: Any) -> None:
        await self.store.append(DOCUMENTS, await self.store.version(DOCUMENTS), events)


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def typed_and_run(folder: Any, small_run: Any) -> None:
    """An old run, long typing after it, and a new run beside which the typing goes on."""

    async def lived() -> None:
        async with folder.store(lambda: LONG_AGO) as store:
            await store.append("run-old", 0, small_run())
            open_, closed = Typist(store, "calc.py"), Typist(store, "closed.py")
            await closed.opens("c\n")
            await closed.types("lost")
            await closed.closes()
            await open_.opens("def add(a, b):\n    return a - b\n")
            await open_.types("x" * TYPED)
            await open_.saves()
            await open_.types("yz")
        async with folder.store(lambda: NOW) as store:
            open_.store = store
            await open_.types("before the run")
            await store.append("run-new", 0, small_run(base=open_.text))
            await open_.types("after it")

    asyncio.run(lived())


async def replays(store: SqliteEventStore) -> list[Replayed]:
    reader = RunReader(store)
    versions = [one.version for one in await reader.history("run-new")]
    return [await reader.replayed("run-new", str(version)) for version in versions]


async def clean(folder: Any, policy: Policy = POLICY) -> list[cleaning.Removal]:
    async with folder.store(lambda: NOW) as store:
        return await cleaning.clean(store, policy, NOW, folder.data)


def cuts(folder: Any) -> list[TypingCut]:
    return [one.body for one in folder.read(SESSIONS) if isinstance(one.body, TypingCut)]


def test_a_run_that_stays_replays_the_same_without_the_typing_before_it(folder: Any, small_run: Any) -> None:
    typed_and_run(folder, small_run)

    async def lived() -> tuple[list[Replayed], list[Replayed], list[str], int]:
        async with folder.store() as store:
            before = await replays(store)
        going = await clean(folder)
        assert [run.run_id for run in going] == ["run-old", DOCUMENTS]
        async with folder.store() as store:
            left = len(await store.read(DOCUMENTS))
            return before, await replays(store), await store.verify(DOCUMENTS), left

    before, after, problems, left = asyncio.run(lived())
    assert after == before
    assert after[-1].documents["calc.py"].typed == TYPED + len("yz") + len("before the run")
    assert problems == []
    (cut,) = cuts(folder)
    assert left == len("before the run") + len("after it")
    assert {one.path for one in cut.documents} == {"calc.py", "closed.py"}
    ran = folder.runs("verify", "--json")
    assert (ran.code, ran.json["problems"]) == (0, [])
    assert folder.runs("clean").out == "There is nothing to remove.\n"


def test_who_wrote_a_line_is_right_or_unknown_without_the_typing(folder: Any, small_run: Any) -> None:
    typed_and_run(folder, small_run)

    async def told(known: FileAuthors) -> tuple[list[Any], str]:
        async with folder.store() as store:
            reader = RunReader(store)
            text = (await known.history(reader, "calc.py")).text or ""
            return await known.authors(reader, "calc.py", text), text

    heard = FileAuthors()
    before, text = asyncio.run(told(heard))
    asyncio.run(clean(folder))
    assert cuts(folder)
    assert asyncio.run(told(heard)) == (before, text)
    after, same = asyncio.run(told(FileAuthors()))
    assert same == text
    assert all(two in (None, one) for one, two in zip(before, after, strict=True))
    assert [one for one in before if one not in (None, "person")] == [
        one for one in after if one not in (None, "person")
    ]


def test_kept_texts_go_with_the_typing_that_spoke_of_them(folder: Any, small_run: Any) -> None:
    typed_and_run(folder, small_run)
    opened = ["c\n", "def add(a, b):\n    return a - b\n"]
    # what they had come to by the cut; the first was closed without saving
    then = [opened[0], f"{opened[1]}{'x' * TYPED}yz"]

    async def kept() -> list[str]:
        async with folder.store() as store:
            return list((await RunReader(store).kept_texts(map(sha, dict.fromkeys(opened + then)))).values())

    assert asyncio.run(kept()) == opened
    asyncio.run(clean(folder))
    assert asyncio.run(kept()) == then


def test_the_clean_up_says_that_typing_goes(folder: Any, small_run: Any) -> None:
    typed_and_run(folder, small_run)
    ran = folder.runs("clean", "--dry-run", "--json")
    gone = {run["runId"]: run for run in ran.json["runs"]}
    assert gone[DOCUMENTS]["reason"] == "it is older than 90 days, and no run that is kept needs it"
    assert gone[DOCUMENTS]["events"] > TYPED
    assert "old run and what was typed removed" in cleaning.told(
        [cleaning.Removal(name, "", 1, "") for name in gone]
    )
    assert cuts(folder) == []


def test_typing_that_is_altered_or_lost_after_a_cut_is_found(folder: Any, small_run: Any) -> None:
    typed_and_run(folder, small_run)
    asyncio.run(clean(folder))
    first = cuts(folder)[0].version + 1
    folder.sql(f"UPDATE events SET at = at + 1 WHERE run_id = '{DOCUMENTS}' AND version = {first}")
    assert folder.runs("verify").code == 1
    folder.sql(f"DELETE FROM events WHERE run_id = '{DOCUMENTS}' AND version = {first}")
    ran = folder.runs("verify")
    assert (ran.code, f"events 1 to {first} are missing" in ran.out) == (1, True)

    async def read() -> None:
        async with folder.store() as store:
            await store.read(DOCUMENTS)

    with pytest.raises(OrchestraError, match="has lost events"):
        asyncio.run(read())


@pytest.mark.parametrize("noted_only", [True, False])
def test_a_second_cut_goes_on_from_the_first_also_when_it_was_cut_off(
    folder: Any, small_run: Any, monkeypatch: pytest.MonkeyPatch, noted_only: bool
) -> None:
    typed_and_run(folder, small_run)
    asyncio.run(clean(folder))

    async def again() -> tuple[list[str], str]:
        async with folder.store(lambda: NOW + 1) as store:
            await Typist(store, "more.py").opens("m")
            if noted_only:
                monkeypatch.setattr(typing_cut, "remove_typing", lambda connection, version: 0)
            await typing_cut.cut(store, 5, "a test")
            monkeypatch.setattr(typing_cut, "remove_typing", remove_typing)
            shown = (await RunReader(store).typing())[0].body
            problems = await store.verify(DOCUMENTS)
            await typing_cut.finish_cut(store)
            problems += await store.verify(DOCUMENTS)
            typing = await RunReader(store).typing()
            assert typing[1].version == typing[0].version + 1
            assert typing[0].version == cuts_of(await store.read(SESSIONS))[1].version
            return problems, shown.reason

    problems, reason = asyncio.run(again())
    assert problems == []
    assert reason == ("it is older than 90 days, and no run that is kept needs it" if noted_only else "a test")


def cuts_of(history: list[Any]) -> list[TypingCut]:
    return [one.body for one in history if isinstance(one.body, TypingCut)]


def test_young_typing_stays_and_much_of_it_goes_at_once(folder: Any, small_run: Any) -> None:
    async def lived() -> tuple[list[cleaning.Removal], list[cleaning.Removal]]:
        async with folder.store(lambda: NOW - DAY) as store:
            typist = Typist(store, "a.py")
            await typist.opens("")
            await typist.types("x" * 200)
            young = await cleaning.planned(store, POLICY, NOW)
            big = d.TextChange(start=0, end=0, text="z" * 1_100_000)
            await typist.add(
                d.DocumentChanged(path="a.py", version=3, changes=(big,), sha256=sha(big.text + typist.text)),
                d.DocumentClosed(path="a.py"),
            )
            return young, await cleaning.planned(store, Policy(90, 1), NOW)

    young, much = asyncio.run(lived())
    assert young == []
    reason = "it took more than 1 MB, and no run that is kept needs it"
    assert [(one.run_id, one.events, one.reason) for one in much] == [(DOCUMENTS, 202, reason)]
