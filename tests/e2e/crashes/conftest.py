"""A campaign of kills: one real run after another, in real processes, killed with SIGKILL and gone on with."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from codecompanion.contracts.events import Recorded
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer

PROGRAM = Path(__file__).with_name("run_until_killed.py")
LEDGER = "TITLE = 'ledger'\n\n\ndef total(sums):\n    return sum(sums)\n"
PLAN = {
    "summary": "A report for the ledger",
    "complexity": {"level": "medium", "reasons": ["three parts"]},
    "tasks": [
        {"id": "title", "title": "Name the owner", "role": "CodeGenerator", "files": ["ledger.py"]},
        {"id": "report", "title": "Write the report", "role": "CodeGenerator", "files": ["report.py"]},
        {"id": "page", "title": "Draw the page", "role": "UIDesigner", "files": ["page.html", "page.css"]},
        {"id": "tests", "title": "Test it", "role": "TestWriter", "files": ["test_report.py"]},
    ],
}
# the searched line is still there, once, after the block was applied: applied twice, it would show
TITLE = """FILE: ledger.py
<<<<<<< SEARCH
TITLE = 'ledger'
=======
TITLE = 'ledger'
OWNER = 'me'
>>>>>>> REPLACE
"""
REPORTING = "from ledger import total\n\n\ndef report(sums):\n"
REPORT = f"FILE: report.py\n```python\n{REPORTING}    return f'{{total(sums)}} EUR'\n```\n"
PAGE = (
    "FILE: page.html\n```html\n<!doctype html>\n<title>Report</title>\n```\n\n"
    "FILE: page.css\n```css\nbody { margin: 1em }\n```\n"
)
TESTS = """FILE: test_report.py
```python
import unittest

from report import report


class ReportTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(report([1, 2]), "3 euros")
```
"""
MEND = """FILE: report.py
<<<<<<< SEARCH
    return f'{total(sums)} EUR'
=======
    unit = 'euros'
    return f'{total(sums)} {unit}'
>>>>>>> REPLACE
"""
EXPECTED = {
    "ledger.py": LEDGER.replace("TITLE = 'ledger'\n", "TITLE = 'ledger'\nOWNER = 'me'\n"),
    "report.py": f"{REPORTING}    unit = 'euros'\n    return f'{{total(sums)}} {{unit}}'\n",
    "page.html": "<!doctype html>\n<title>Report</title>\n",
    "page.css": "body { margin: 1em }\n",
}
ANSWERS = {"Name the owner": TITLE, "Write the report": REPORT, "Draw the page": PAGE, "Test it": TESTS}


def reply_to(asked: Asked) -> Reply:
    """Answer by what the request is about: the same question always has the same answer."""
    said = "\n".join(asked.texts)
    if "You are the ProjectManager" in asked.system:
        text = json.dumps(PLAN)
    else:
        text = next((text for title, text in ANSWERS.items() if f"Your task: {title}" in said), MEND)
    return Reply(text=text, tokens_per_second=600, first_token_after=0.01)


@dataclass(slots=True)
class Tally:
    """What a campaign found; everything but ``kills``, ``runs`` and ``slowest_return`` is to be zero.

    ``lost``: acknowledged events that the log does not hold; ``paid_again``: calls beyond those that were
    answered into the log or were under way at a kill; ``wrong_files``: files that are not as an undisturbed run
    leaves them; ``slowest_return``: seconds from a restart to its first new event.
    """

    kills: int = 0
    runs: int = 0
    lost: int = 0
    paid_again: int = 0
    wrong_files: int = 0
    broken_chains: int = 0
    not_done: int = 0
    slowest_return: float = 0.0
    at: Counter[str] = field(default_factory=Counter)


class Campaign:
    """Runs the request over and over in fresh folders until enough kills were made."""

    def __init__(self, folder: Path, server: ScriptedServer) -> None:
        self._folder = folder
        self._server = server
        self.tally = Tally()

    async def run(self, moments: Callable[[], str | float | None]) -> int:
        """Do one run to its end; ``moments`` says when the next process dies, None to let it live.

        A float is the seconds from its first acknowledged event to a kill from outside. Returns the appends the
        last process made.
        """
        self.tally.runs += 1
        workspace = self._folder / f"run-{self.tally.runs}"
        workspace.mkdir()
        (workspace / "ledger.py").write_text(LEDGER, "utf-8")
        acks = self._folder / f"acks-{self.tally.runs}"
        acks.touch()
        asked_before = len(self._server.requests)
        under_way = 0
        while (moment := moments()) is not None:
            if not await self._life(workspace, acks, moment):
                break
            self.tally.kills += 1
            history = await self._check(workspace, acks)
            self.tally.at[history[-1].body.event if history else "nothing"] += 1
            under_way += _under_way(history)
        else:
            await self._life(workspace, acks, "none")
        history = await self._check(workspace, acks)
        answered = sum(one.body.event == "model_answered" for one in history)
        self.tally.paid_again += max(0, len(self._server.requests) - asked_before - answered - under_way)
        self.tally.not_done += history[-1].body.event != "run_finished" or history[-1].body.outcome != "done"
        self.tally.wrong_files += sum(
            (workspace / path).read_text("utf-8") != text for path, text in EXPECTED.items()
        )
        return len(history)

    async def _life(self, workspace: Path, acks: Path, moment: str | float) -> bool:
        """Let one process live and die; whether it was killed. A program that ends badly fails the test."""
        acknowledged = len(acks.read_text("utf-8").splitlines())
        told = moment if isinstance(moment, str) else "none"
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            PROGRAM,
            workspace,
            acks,
            told,
            env=self._environ(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        talk = asyncio.create_task(process.communicate())
        if await self._comes_to_life(acks, acknowledged, talk) and acknowledged:
            self.tally.slowest_return = max(self.tally.slowest_return, time.monotonic() - began)
        if isinstance(moment, float):
            await asyncio.wait({talk}, timeout=moment)
            if process.returncode is None:
                process.kill()
        _, errors = await talk
        assert process.returncode in (0, -9), errors.decode()
        return process.returncode != 0

    async def _comes_to_life(self, acks: Path, acknowledged: int, talk: "asyncio.Task[Any]") -> bool:
        """Return once the process has acknowledged a new event; False where it ends without one."""
        while not talk.done():
            if len(acks.read_text("utf-8").splitlines()) > acknowledged:
                return True
            await asyncio.sleep(0.02)
        return False

    def _environ(self) -> dict[str, str]:
        names = ("PATH", "HOME", "LANG", "PYTHON_KEYRING_BACKEND")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return kept | {
            "ORCHESTRA_LOCAL_BASE_URL": self._server.openai_url,
            "ORCHESTRA_LOCAL_MODEL": "scripted",
            "ORCHESTRA_LOCAL_NATIVE_TOOLS": "true",
            "ORCHESTRA_SANDBOX": "off",
        }

    async def _check(self, workspace: Path, acks: Path) -> list[Recorded]:
        """Open what was left behind as the next owner would, and compare it with what was acknowledged."""
        if not (workspace / ".orchestra").exists():
            return []
        with TemporaryDirectory() as copy:
            # opening the log mends it, and that is the next process's own task
            shutil.copytree(workspace / ".orchestra", copy, dirs_exist_ok=True)
            store = await SqliteEventStore.open(Path(copy), time.time)
            try:
                history = await store.read("run-campaign")
                self.tally.broken_chains += len(await store.verify("run-campaign")) if history else 0
            finally:
                await store.close()
        kept = {f"{one.version} {one.body.event}" for one in history}
        self.tally.lost += len(set(acks.read_text("utf-8").splitlines()) - kept)
        return history


def _under_way(history: list[Recorded]) -> int:
    """Calls that were begun and not answered when the process died: these may be asked once more."""
    open_calls: Counter[str] = Counter()
    for one in history:
        match one.body.event:
            case "run_reopened":
                open_calls.clear()
            case "model_call_started":
                open_calls[one.body.request_sha256] += 1
            case "model_answered":
                open_calls[one.body.request_sha256] -= 1
    return (+open_calls).total()


@pytest.fixture
async def campaign(tmp_path: Path):
    async with ScriptedServer(reply_to) as server:
        yield Campaign(tmp_path, server)
