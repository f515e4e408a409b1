"""The product as a person with a model of their own has it, from the environment to the log."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.server.bootstrap import headless
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings

ADDRESS, MODEL = "ORCHESTRA_LOCAL_BASE_URL", "ORCHESTRA_LOCAL_MODEL"
TAKEN = ("ORCHESTRA_LOCAL_", "ORCHESTRA_DEADLINE")
LONGEST = 900.0
"""Seconds a run gets before it is stopped."""
ROLES = ("PROJECT_MANAGER", "CODE_GENERATOR", "UI_DESIGNER", "TEST_WRITER", "DEBUGGER")


@dataclass(frozen=True)
class Ended:
    """A run that is over: its folder, how it stands, its whole log, and how long it took in seconds."""

    root: Path
    status: RunStatus
    log: list[Recorded]
    seconds: float

    def events(self, *names: str) -> list[Any]:
        """Return the events of these types."""
        return [one.body for one in self.log if one.body.event in names]

    def files(self) -> dict[str, str]:
        """Return the folder's files as they are now; Orchestra's own and Python's are left out."""
        return {
            path.relative_to(self.root).as_posix(): path.read_text("utf-8")
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {".orchestra", "__pycache__"} & set(path.parts)
        }

    def measured(self) -> dict[str, object]:
        """Return what came of the run, with the model's speed: reading the prompts is counted in."""
        answers, waited = self.events("model_answered"), self.waited()
        return {
            "outcome": self.status.phase,
            "seconds": round(self.seconds),
            "calls": len(self.events("model_call_started")),
            "looks": len(self.events("tool_used")),
            "tokens": [self.status.input_tokens, self.status.output_tokens],
            "tokens/s": round(sum(one.usage.output_tokens for one in answers) / waited, 1) if waited else 0,
            "summary": self.status.summary,
        }

    def waited(self) -> float:
        """Return the seconds from the model calls' beginnings to their ends, added up."""
        total, began = 0.0, {}
        for one in self.log:
            if one.body.event == "model_call_started":
                began[one.body.task_id] = one.at
            elif one.body.event in ("model_answered", "model_call_failed"):
                total += one.at - began.pop(one.body.task_id)
        return total


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with every role on the local server; skips where no server is named."""
    if not (os.environ.get(ADDRESS) and os.environ.get(MODEL)):
        pytest.skip(f"asks a real model: set {ADDRESS} and {MODEL} (docs/local-models.md)")
    own = {name: value for name, value in os.environ.items() if name.startswith(TAKEN)}
    own |= {f"ORCHESTRA_MODELS_{role}": "local" for role in ROLES}
    return load_settings(None, own, None, keyring=lambda _: None)


@pytest.fixture
def do(settings: Settings, tmp_path: Path) -> Callable[..., Any]:
    """Return what does a job in a new folder and tells how it ended, at the latest after ``LONGEST``."""

    async def run(files: Mapping[str, str], **order: Any) -> Ended:
        root = tmp_path / "workspace"
        root.mkdir()
        for name, text in files.items():
            (root / name).write_text(text, "utf-8")
        asked = RunOrder.model_validate({"workspace": str(root), **order})
        began = time.monotonic()
        async with headless(settings, root) as parts:
            run_id = await parts.engine.start(asked)
            log = asyncio.create_task(_all_of(parts.engine.watch(run_id)))
            try:
                async with asyncio.timeout(LONGEST):
                    await parts.engine.wait(run_id)
            except TimeoutError:
                await parts.engine.stop(run_id, f"it took more than {LONGEST:.0f} seconds")
            async with asyncio.timeout(10):
                status = await parts.engine.wait(run_id)
                events = [*await log]
        return Ended(root, status, events, time.monotonic() - began)

    return run


async def _all_of(events: AsyncIterator[Recorded]) -> list[Recorded]:
    return [one async for one in events]
