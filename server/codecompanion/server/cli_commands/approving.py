"""Showing a plan on the terminal and asking whether to carry it out."""

import asyncio
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.status import RunStatus
from codecompanion.server.cli_commands.run_progress import Progress
from codecompanion.server.cli_commands.stepping import EnterKey
from codecompanion.server.logs import redactor
from codecompanion.server.settings.redaction import plain

QUESTION = "Carry out this plan? y = yes, e = edit it first, n = stop the run:"


class PlanningEngine(Protocol):
    """What is asked of the engine here."""

    async def plan_text(self, run_id: RunId) -> str:
        """Return the plan as text."""
        ...

    async def edit_plan_text(self, run_id: RunId, text: str) -> None:
        """Take in the plan's text as the person left it; raises ``BadRequest``."""
        ...

    async def approve(self, run_id: RunId) -> None:
        """Let the run carry out its plan."""
        ...

    async def stop(self, run_id: RunId, reason: str) -> None:
        """Stop the run."""
        ...


class Approving:
    """Asks about the plan of one run as soon as it waits for that."""

    def __init__(
        self,
        engine: PlanningEngine,
        run_id: RunId,
        answers: EnterKey,
        progress: Progress,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._engine = engine
        self._run_id = run_id
        self._answers = answers
        self._progress = progress
        self._environ = environ
        self._waiting = asyncio.Event()

    def seen(self, status: RunStatus) -> None:
        """Take notice of how the run stands."""
        if status.phase == "waiting":
            self._waiting.set()

    async def drive(self) -> None:
        """Show the plan and ask until the person says yes or no; no answer at all stops the run."""
        await self._waiting.wait()
        await self._show()
        while True:
            with self._progress.aside():
                sys.stderr.write(f"{QUESTION} ")
                sys.stderr.flush()
                answer = await self._answers.line()
            match answer.strip().lower() if answer is not None else None:
                case "y" | "yes":
                    await self._engine.approve(self._run_id)
                    return
                case "e" | "edit":
                    await self._edit()
                case "n" | "no" | None:
                    said = "standard input ended" if answer is None else "the plan was not approved"
                    await self._engine.stop(self._run_id, said)
                    return

    async def _show(self) -> None:
        text = plain(redactor(await self._engine.plan_text(self._run_id)))
        with self._progress.aside():
            sys.stderr.write(f"\n{text}\n")

    async def _edit(self) -> None:
        """Let the person change the plan in their editor; what cannot be read is told and changes nothing."""
        before = await self._engine.plan_text(self._run_id)
        try:
            with self._progress.aside():
                after = await self._in_editor(before)
            await self._engine.edit_plan_text(self._run_id, after)
        except (BadRequest, OSError) as trouble:
            self._progress.note(f"The plan stays as it was: {trouble}")
        else:
            await self._show()

    async def _in_editor(self, text: str) -> str:
        usual = "notepad" if sys.platform == "win32" else "vi"
        command = shlex.split(self._environ.get("VISUAL") or self._environ.get("EDITOR") or usual)
        with tempfile.TemporaryDirectory(prefix="orchestra-plan-") as folder:
            file = Path(folder, "plan.md")
            await asyncio.to_thread(file.write_text, text, encoding="utf-8")
            process = await asyncio.create_subprocess_exec(*command, str(file))
            try:
                code = await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
            if code != 0:
                raise BadRequest(f"{command[0]!r} ended with exit code {code}")
            return await asyncio.to_thread(file.read_text, encoding="utf-8")
