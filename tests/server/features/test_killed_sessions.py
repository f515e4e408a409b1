"""kill -9 of the server while a person types and a run edits what they type in: the editor's view of it."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.events import Recorded
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.replay.documents import documents_after, texts_wanted
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parents[2] / "e2e" / "crashes" / "serve_until_killed.py"
ASKED_WHETHER: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    },
    "window": {
        "workDoneProgress": True,
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}},
    },
    "experimental": {"orchestra": True},
}
LEDGER = "TITLE = 'ledger'\n\n\ndef total(sums):\n    return sum(sums)\n\n\n# "
PLAN = {
    "summary": "A report for the ledger",
    "complexity": {"level": "small", "reasons": ["two parts"]},
    "tasks": [
        {"id": "owner", "title": "Name the owner", "role": "CodeGenerator", "files": ["ledger.py"]},
        {
            "id": "cents",
            "title": "Count in cents",
            "role": "CodeGenerator",
            "files": ["ledger.py"],
            "dependsOn": ["owner"],
        },
        {"id": "report", "title": "Write the report", "role": "CodeGenerator", "files": ["report.py"]},
        {"id": "tests", "title": "Test it", "role": "TestWriter", "files": ["test_report.py"]},
    ],
}
# what is searched is still there, once, after a block was applied: applied twice, it would show
OWNER = """FILE: ledger.py
<<<<<<< SEARCH
TITLE = 'ledger'
=======
TITLE = 'ledger'
OWNER = 'me'
>>>>>>> REPLACE
"""
CENTS = """FILE: ledger.py
<<<<<<< SEARCH
    return sum(sums)
=======
    # in cents
    return sum(sums)
>>>>>>> REPLACE
"""
REPORT = "from ledger import total\n\n\ndef report(sums):\n    return f'{total(sums)} cents'\n"
TESTS = """import unittest

from report import report


class ReportTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(report([1, 2]), "3 cents")
"""
ANSWERS = {
    "Name the owner": OWNER,
    "Count in cents": CENTS,
    "Write the report": f"FILE: report.py\n```python\n{REPORT}```\n",
    "Test it": f"FILE: test_report.py\n```python\n{TESTS}```\n",
}
EDITED = LEDGER.replace("TITLE = 'ledger'\n", "TITLE = 'ledger'\nOWNER = 'me'\n").replace(
    "    return", "    # in cents\n    return"
)


def reply_to(asked: Asked) -> Reply:
    """Answer by what the request is about: the same question always has the same answer."""
    said = "\n".join(asked.texts)
    text = json.dumps(PLAN)
    if "You are the ProjectManager" not in asked.system:
        text = ANSWERS[max(ANSWERS, key=lambda title: said.rfind(f"Your task: {title}"))]
    return Reply(text=text, tokens_per_second=200, first_token_after=0.01)


@dataclass(slots=True)
class Tally:
    """What a campaign found; everything but ``kills``, ``sessions`` and ``slowest_return`` is to be zero.

    ``wrong_texts``: documents that are not what the run's edits, made once, and all that was typed come to;
    ``untold_typing``: sessions whose log does not lead to the text the editor holds.
    """

    kills: int = 0
    sessions: int = 0
    lost: int = 0
    paid_again: int = 0
    wrong_texts: int = 0
    untold_typing: int = 0
    broken_chains: int = 0
    not_done: int = 0
    slowest_return: float = 0.0

    def faults(self) -> dict[str, int]:
        names = ("lost", "paid_again", "wrong_texts", "untold_typing", "broken_chains", "not_done")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


Moments = Iterator[str | float]
"""When the next server dies: ``before:N`` or ``after:N`` appends, or seconds after its first event."""


class Campaign:
    """Lets one session after another be killed at its moments and come to its end."""

    def __init__(self, start_editor: Any, server: ScriptedServer, folder: Path) -> None:
        self._start_editor = start_editor
        self._server = server
        self._folder = folder
        self.tally = Tally()

    async def session(self, moments: Moments) -> None:
        self.tally.sessions += 1
        root = self._folder / f"session-{self.tally.sessions}"
        root.mkdir()
        (root / "ledger.py").write_text(LEDGER, "utf-8")
        asked_before = len(self._server.requests)
        session = Session(self._start_editor, self._server.openai_url, root, self._folder / f"{root.name}.acks")
        for moment in moments:
            killed = await session.life(moment)
            self.tally.kills += killed
            if not killed:
                break
        else:
            await session.life(None)
        self.tally.slowest_return = max(self.tally.slowest_return, session.slowest_return)
        await self._judge(session, len(self._server.requests) - asked_before)

    async def _judge(self, session: "Session", asked: int) -> None:
        store = await SqliteEventStore.open(session.root / ".orchestra", time.time)
        try:
            [run_id] = await store.run_ids()
            history, typing = await store.read(run_id), await store.read(DOCUMENTS)
            self.tally.broken_chains += len(await store.verify(run_id)) + len(await store.verify(DOCUMENTS))
            sequence = sorted(history + _while_open(typing), key=lambda one: one.position)
            texts = {sha: (await store.blobs.get(sha)).decode() for sha in texts_wanted(sequence)}
            streams = [await store.read(stream) for stream in session.acknowledged()]
        finally:
            await store.close()
        kept = {f"{one.run_id} {one.version} {one.body.event}" for stream in streams for one in stream}
        self.tally.lost += len({line for lines in session.acknowledged().values() for line in lines} - kept)
        answered = sum(one.body.event == "model_answered" for one in history)
        self.tally.paid_again += max(0, asked - answered - _cut_off(history))
        self.tally.not_done += history[-1].body.event != "run_finished" or history[-1].body.outcome != "done"
        expected = {"ledger.py": EDITED + session.typed, "report.py": REPORT, "test_report.py": TESTS}
        self.tally.wrong_texts += session.texts() != expected
        told = {path: document.text or "" for path, document in documents_after(sequence, texts).items()}
        self.tally.untold_typing += not _leads_to(told, session.texts(), typing[-1])


def _leads_to(told: dict[str, str], shown: dict[str, str], last: Recorded) -> bool:
    if last.body.event == "document_closed":
        return told == shown
    # it was killed when the run had ended; what is typed after that is recorded only once a log is used again
    return told.keys() == shown.keys() and all(text.startswith(told[path]) for path, text in shown.items())


def _while_open(typing: list[Recorded]) -> list[Recorded]:
    """Leave out that all was closed at the very end, when what was not saved was given up."""
    while typing and typing[-1].body.event == "document_closed":
        typing = typing[:-1]
    return typing


def _cut_off(history: list[Recorded]) -> int:
    """Calls that were begun and not answered when a process died: these may be asked once more."""
    under_way: Counter[str] = Counter()
    cut_off = 0
    for one in history:
        match one.body.event:
            case "model_call_started":
                under_way[one.body.request_sha256] += 1
            case "model_answered":
                under_way[one.body.request_sha256] -= 1
            case "run_reopened":
                cut_off += (+under_way).total()
                under_way.clear()
    return cut_off


class Session:
    """One person at one editor, which lives on with its unsaved documents while its servers are killed."""

    def __init__(self, start_editor: Any, model_url: str, root: Path, acks: Path) -> None:
        self._start_editor = start_editor
        self._acks = acks
        self._environ = {
            "ORCHESTRA_LOCAL_BASE_URL": model_url,
            "ORCHESTRA_LOCAL_MODEL": "scripted",
            "ORCHESTRA_LOCAL_NATIVE_TOOLS": "true",
            "ORCHESTRA_SANDBOX": "off",
        }
        self._documents: dict[str, Any] = {}
        self.root = root
        self.typed = ""
        self.slowest_return = 0.0
        acks.touch()

    def acknowledged(self) -> dict[str, list[str]]:
        """Return the lines of what was acknowledged, by stream."""
        lines = self._acks.read_text("utf-8").splitlines()
        return {line.split()[0]: [one for one in lines if one.split()[0] == line.split()[0]] for line in lines}

    def texts(self) -> dict[str, str]:
        """Return what the editor shows, by path."""
        return {Path(uri).name: document.text for uri, document in self._documents.items()}

    async def life(self, moment: str | float | None) -> bool:
        """Let one server live until it is killed at the moment, or else until the run's end; whether killed."""
        began = time.monotonic()
        told = moment if isinstance(moment, str) else "none"
        editor = await self._start_editor(
            ASKED_WHETHER,
            root=self.root,
            environ=self._environ,
            program=(sys.executable, PROGRAM, self._acks, told),
        )
        editor.choices = ["Resume"]
        self._open_all(editor)
        typing = asyncio.create_task(self._type(editor))
        killing = asyncio.create_task(_kill(editor, moment))
        work = asyncio.create_task(self._work(editor, began))
        dead = asyncio.create_task(editor.process.wait())
        await asyncio.wait({work, dead}, return_when=asyncio.FIRST_COMPLETED)
        killed = dead.done()
        for task in (typing, killing):
            task.cancel()
        await asyncio.gather(typing, killing, return_exceptions=True)
        if killed:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        else:
            work.result()
            await editor.ask("shutdown", None)
            editor.notify("exit", None)
        assert await dead == (-9 if killed else 0)
        return killed

    def _open_all(self, editor: Any) -> None:
        documents, self._documents = self._documents, editor.documents
        if not documents:
            editor.open("ledger.py", LEDGER)
        for uri, document in documents.items():
            editor.open(Path(uri).name, document.text, document.language, document.version)

    async def _type(self, editor: Any) -> None:
        """Type at the end of the document that the run edits, a character at a time."""
        uri = next(uri for uri in self._documents if uri.endswith("ledger.py"))
        while True:
            character = "abcdefghij"[len(self.typed) % 10]
            self.typed += character
            editor.type(uri, self._documents[uri].text + character)
            await asyncio.sleep(0.03)

    async def _work(self, editor: Any, began: float) -> None:
        """Begin the run, or see that it is gone on with, and wait for its end; nothing where it has ended."""
        run = [line for stream, lines in self.acknowledged().items() if stream[0] != "~" for line in lines]
        if run and run[-1].endswith("run_finished"):
            return
        if run:
            await editor.until(lambda m: is_event(m, "run_reopened"), 60)
            self.slowest_return = max(self.slowest_return, time.monotonic() - began)
        else:
            await editor.command("startProject", {"request": "add a report to the ledger, with tests"})
        await editor.until(lambda m: is_event(m, "run_finished"), 60)


def is_event(message: dict[str, Any], name: str) -> bool:
    return message.get("method") == "orchestra/event" and message["params"]["body"]["event"] == name


async def _kill(editor: Any, moment: str | float | None) -> None:
    if isinstance(moment, float):
        await editor.until(lambda m: m.get("method") == "orchestra/event")
        await asyncio.sleep(moment)
        editor.process.kill()


@pytest.fixture
async def campaign(start_editor: Any, tmp_path: Path) -> AsyncIterator[Campaign]:
    async with ScriptedServer(reply_to) as server:
        yield Campaign(start_editor, server, tmp_path)


async def test_a_killed_session_goes_on_without_losing_or_repeating_anything(campaign: Campaign) -> None:
    await campaign.session(iter(["after:3", "before:14", "after:24", 0.5]))
    assert campaign.tally.kills >= 3
    assert campaign.tally.faults() == {}


def any_moment(rng: random.Random) -> str | float:
    boundary = f"{rng.choice(('before', 'after'))}:{rng.randint(1, 45)}"
    return rng.choice((boundary, rng.uniform(0.0, 2.0)))


@pytest.mark.soak
async def test_200_kills_of_a_session(campaign: Campaign) -> None:
    rng = random.Random(200)
    while campaign.tally.kills < 200:
        await campaign.session(iter([any_moment(rng) for _ in range(6)]))
        sys.stdout.write(f"{campaign.tally}\n")
        assert campaign.tally.faults() == {}
    assert campaign.tally.slowest_return < 5
