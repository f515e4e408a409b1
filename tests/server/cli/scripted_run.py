"""`orchestra run` with an engine that follows a script: the real command line in a process of its own.

Usage: scripted_run.py SCENARIO-AS-JSON [arguments of `orchestra run`]
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codecompanion.contracts.consent import Consent
from codecompanion.contracts.errors import BadRequest, CannotBuild
from codecompanion.contracts.events import Context, Recorded, RunPaused
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.server import cli
from codecompanion.server.cli_commands import run as run_module
from codecompanion.server.settings.model import Settings

FAULTS = {"CannotBuild": CannotBuild, "BadRequest": BadRequest, "KeyError": KeyError}


@dataclass
class ScriptedEngine:
    """Shows the script's statuses one after the other and ends with the last one.

    ``hang``: does not end before it is stopped; ``deaf``: not even then; ``stuck``: holds the loop itself up.
    """

    script: dict[str, Any]
    order: RunOrder | None = None
    steps: list[RunStatus] = field(default_factory=list)
    granted: bool = False
    stop_reason: str = ""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self, order: RunOrder) -> str:
        if fault := self.script.get("fault"):
            raise FAULTS[fault](self.script.get("message", "as the script says"))
        self.order = order
        self.steps.append(self._status({"phase": "planning", "text": "reading the request"}))
        self.playing = asyncio.create_task(self._play())
        return "run-1"

    async def watch(self, run_id: str) -> AsyncIterator[Recorded]:
        seen = 0
        while True:
            async with self.changed:
                while len(self.steps) == seen:
                    await self.changed.wait()
            while seen < len(self.steps):
                context = Context(correlation_id=run_id)
                recorded = Recorded(
                    run_id=run_id, version=seen, position=seen, at=0.0, body=RunPaused(), context=context
                )
                seen += 1
                yield recorded

    def status(self, run_id: str) -> RunStatus:
        return self.steps[-1]

    async def next(self, run_id: str, instruction: str) -> None:
        async with self.changed:
            self.granted = True
            self.changed.notify_all()

    async def stop(self, run_id: str, reason: str) -> None:
        async with self.changed:
            self.stop_reason = reason
            self.changed.notify_all()

    async def wait(self, run_id: str) -> RunStatus:
        await self.playing
        return self.steps[-1]

    async def _play(self) -> None:
        for step in self.script.get("steps", []):
            await self._show(step)
            if step.get("phase") == "waiting":
                async with self.changed:
                    await self.changed.wait_for(lambda: self.granted or self.stop_reason)
                    self.granted = False
                if self.stop_reason:
                    break
        if self.script.get("stuck"):
            while True:
                time.sleep(0.01)  # noqa: ASYNC251 - a loop held up is what this is about
        if self.script.get("hang"):
            async with self.changed:
                await self.changed.wait_for(lambda: self.stop_reason and not self.script.get("deaf"))
        end = {"phase": "stopped", "summary": self.stop_reason} if self.stop_reason else self.script["end"]
        await self._show({"percent": 100, "updated_at": 75.0, **end})

    async def _show(self, step: dict[str, Any]) -> None:
        async with self.changed:
            self.steps.append(self._status(step))
            self.changed.notify_all()
        await asyncio.sleep(0.01)

    def _status(self, step: dict[str, Any]) -> RunStatus:
        assert self.order is not None
        fixed = {
            "run_id": "run-1",
            "kind": self.order.kind,
            "request": self.order.request,
            "workspace": self.order.workspace,
            "percent": 0,
            "text": "",
            "phase": "working",
        }
        return RunStatus.model_validate({**fixed, **step})


@dataclass
class Parts:
    engine: ScriptedEngine


def headless_of(script: dict[str, Any]) -> Any:
    """Return what opens the parts of a workspace whose engine follows the script."""

    @asynccontextmanager
    async def scripted(settings: Settings, workspace: Path, consent: Consent) -> AsyncIterator[Parts]:
        engine = ScriptedEngine(script)
        yield Parts(engine)
        sys.stderr.write("parts closed\n")
        if script.get("show_order"):
            assert engine.order is not None
            sys.stderr.write(f"order: {engine.order.model_dump_json()}\n")

    return scripted


if __name__ == "__main__":
    run_module.SHOW_WITHIN = 0.0  # every status of a script is to be seen
    run_module._real_headless = headless_of(json.loads(sys.argv[1]))
    sys.exit(cli.main(["run", *sys.argv[2:]]))
