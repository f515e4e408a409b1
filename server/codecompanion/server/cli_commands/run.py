"""`orchestra run`: one request done in a folder, without an editor."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codecompanion.contracts.consent import Consent
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.orders import Landing, RunMode, RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.server.cli_commands.agreeing import agree_on_terminal, agreed
from codecompanion.server.cli_commands.approving import Approving, PlanningEngine
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED, code_for, sentence_for
from codecompanion.server.cli_commands.gathering import gathered
from codecompanion.server.cli_commands.interrupts import Interrupts
from codecompanion.server.cli_commands.order_checks import (
    kind_of_work,
    known_template,
    usable_request,
    usable_workspace,
)
from codecompanion.server.cli_commands.printing import say
from codecompanion.server.cli_commands.run_progress import Progress, progress_on
from codecompanion.server.cli_commands.run_summary import summary_lines
from codecompanion.server.cli_commands.stepping import EnterKey, Stepping
from codecompanion.server.cli_commands.terminal_consent import consent_on_terminal
from codecompanion.server.cli_commands.trust import demand_trust
from codecompanion.server.logs import configure_logging, redactor
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings

_log = logging.getLogger(__name__)

SHOW_WITHIN = 0.04
"""Seconds for which what happens is gathered before it is shown."""
STDIN = 0
"""The file descriptor of standard input."""


class RunEngine(PlanningEngine, Protocol):
    """What this command needs of the engine of one workspace."""

    async def start(self, order: RunOrder) -> RunId:
        """Begin a run; raises ``BadRequest`` when the order cannot be taken."""
        ...

    def watch(self, run_id: RunId) -> AsyncIterator[Recorded]:
        """Yield what happens in a run, to its end."""
        ...

    def status(self, run_id: RunId) -> RunStatus:
        """Return how a run stands."""
        ...

    async def next(self, run_id: RunId, instruction: str) -> None:
        """In a stepwise run, let one more agent go; ``instruction``, if any, is told to it."""
        ...

    async def wait(self, run_id: RunId) -> RunStatus:
        """Return the final status once the run has ended."""
        ...


class Headless(Protocol):
    """The parts of a workspace without an editor."""

    @property
    def engine(self) -> RunEngine:
        """The engine of the workspace."""
        ...


OpenHeadless = Callable[[Settings, Path, Consent], AbstractAsyncContextManager[Headless]]


@dataclass(frozen=True, kw_only=True)
class RunArguments:
    """The command line of `orchestra run`, as typed."""

    request: str
    workspace: str = "."
    template: str | None = None
    offline: bool = False
    as_json: bool = False
    step: bool = False
    approve: bool = False
    landing: Landing | None = None
    trust: bool = False
    yes: bool = False
    log_level: str | None = None


def run(
    arguments: RunArguments,
    *,
    open_headless: OpenHeadless | None = None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Do the request and return the exit code: 0 only when the work is done and its tests pass.

    With ``as_json`` standard output gets exactly one JSON object, also when nothing could be started.
    """
    configure_logging(arguments.log_level or "warning")
    try:
        demand_trust(usable_workspace(arguments.workspace), given=arguments.trust, environ=environ)
        settings = load_settings(None, environ, user_file(environ))
        order = order_from(arguments, settings)
        if not arguments.yes:
            asyncio.run(agree_on_terminal(settings, order))
        return asyncio.run(_drive(arguments, agreed(settings), order, open_headless or _real_headless))
    except Exception as fault:
        if arguments.as_json:
            _print_json({"error": sentence_for(fault), "exitCode": code_for(fault)})
        raise


def order_from(arguments: RunArguments, settings: Settings) -> RunOrder:
    """Return the order; raises ``BadRequest`` or ``WorkspaceError``."""
    mode = _mode(arguments, settings)
    if mode == "approve":
        demand_terminal("--approve" if arguments.approve else "the setting `approve`")
    if arguments.step and arguments.request == "-":
        raise BadRequest(
            "--step needs standard input for Enter; give the request as an argument instead of '-'"
        )
    request = usable_request(arguments.request, sys.stdin.buffer)
    template = known_template(arguments.template)
    workspace = usable_workspace(arguments.workspace)
    return RunOrder(
        kind=kind_of_work(workspace, template),
        request=request,
        workspace=str(workspace),
        template=template,
        offline=arguments.offline or settings.offline,
        mode=mode,
        landing=arguments.landing or settings.landing,
        max_repairs=settings.max_repairs,
    )


def _mode(arguments: RunArguments, settings: Settings) -> RunMode:
    if arguments.step and arguments.approve:
        raise BadRequest(
            "--step and --approve exclude each other; with --step you see each task before it begins"
        )
    if arguments.step or arguments.approve:
        return "stepwise" if arguments.step else "approve"
    return settings.mode


def demand_terminal(wanted_by: str) -> None:
    """Raise ``BadRequest`` where nobody can be asked about a plan."""
    if not os.isatty(STDIN):
        raise BadRequest(
            f"{wanted_by} asks you about the plan, and standard input is no terminal; "
            "run this in a terminal, or let the run go on by itself"
        )


def exit_code_of(status: RunStatus) -> int:
    """Return 0 only for work that is done, kept whole, and shown to work by tests that ran."""
    tested = bool(status.tests_passed) and status.tests_failed == 0
    return DONE if status.phase == "done" and tested and not status.failed_edits else FAILED


def _real_headless(
    settings: Settings, workspace: Path, consent: Consent
) -> AbstractAsyncContextManager[Headless]:
    from codecompanion.server.bootstrap import headless  # noqa: PLC0415 - the whole engine hangs on it

    return headless(settings, workspace, consent)


async def _drive(
    arguments: RunArguments, settings: Settings, order: RunOrder, open_headless: OpenHeadless
) -> int:
    with Interrupts() as interrupts, progress_on(sys.stderr) as progress:
        try:
            consent = consent_on_terminal(progress, given=arguments.trust)
            async with open_headless(settings, Path(order.workspace), consent) as parts:
                run_id = await parts.engine.start(order)
                status = await follow(parts.engine, run_id, interrupts, progress, mode=order.mode)
        except asyncio.CancelledError:
            if interrupts.exit_code is None:
                raise
            return interrupts.exit_code
    code = interrupts.exit_code or exit_code_of(status)
    await _tell_end(status, code, as_json=arguments.as_json)
    return code


async def _tell_end(status: RunStatus, code: int, *, as_json: bool) -> None:
    """Print what came of a run, and what it cost, call by call, where it cost anything."""
    from codecompanion.server.statements import known_statement, told  # noqa: PLC0415 - the ledger hangs on it

    statement = await known_statement(status.run_id)
    if as_json:
        shown = statement.to_wire() if statement is not None else None
        _print_json({**status.to_wire(), "statement": shown, "exitCode": code})
        return
    say(summary_lines(status))
    if statement is not None:
        say(["", *told(statement)])


async def follow(
    engine: RunEngine,
    run_id: RunId,
    interrupts: Interrupts,
    progress: Progress,
    *,
    mode: RunMode = "automatic",
) -> RunStatus:
    """Show a run that is under way to its end and return its final status; Ctrl-C stops it gently."""
    asking = _asking(engine, run_id, progress, mode)
    helpers = [
        asyncio.create_task(_show(engine, run_id, progress, asking)),
        asyncio.create_task(_stop_when_asked(engine, run_id, interrupts, progress)),
    ]
    if asking is not None:
        helpers.append(asyncio.create_task(asking.drive()))
    try:
        status = await engine.wait(run_id)
        progress.update(status)
        return status
    finally:
        await _end(helpers)


def _asking(engine: RunEngine, run_id: RunId, progress: Progress, mode: RunMode) -> Stepping | Approving | None:
    """Return what asks the person on the way of a run, None where nobody is asked."""
    enter = EnterKey(STDIN)
    if mode == "approve":
        return Approving(engine, run_id, enter, progress)
    if mode == "automatic":
        return None
    return Stepping(
        enter,
        grant=lambda instruction: engine.next(run_id, instruction),
        stop=lambda reason: engine.stop(run_id, reason),
        note=progress.note,
    )


async def _end(helpers: list[asyncio.Task[None]]) -> None:
    for helper in helpers:
        helper.cancel()
    for result in await asyncio.gather(*helpers, return_exceptions=True):
        if isinstance(result, Exception):
            _log.error("a part of the display failed", exc_info=result)


async def _show(
    engine: RunEngine, run_id: RunId, progress: Progress, asking: Stepping | Approving | None
) -> None:
    async for _ in gathered(_flagged(engine.watch(run_id), progress), SHOW_WITHIN):
        status = engine.status(run_id)
        progress.update(status)
        if asking is not None:
            asking.seen(status)


async def _flagged(events: AsyncIterator[Recorded], progress: Progress) -> AsyncIterator[Recorded]:
    """Yield the events, and tell of edits that bring what cannot be seen."""
    from codecompanion.orchestra.workspace.invisible_text import why_suspicious  # noqa: PLC0415 - with the engine

    async for recorded in events:
        if recorded.body.event == "edit_proposed" and (warning := why_suspicious(recorded.body.edit)):
            progress.note(warning)
        yield recorded


async def _stop_when_asked(
    engine: RunEngine, run_id: RunId, interrupts: Interrupts, progress: Progress
) -> None:
    await interrupts.first.wait()
    progress.note("Stopping; press Ctrl-C again to end at once.")
    try:
        await engine.stop(run_id, "interrupted on the command line")
    except OrchestraError as fault:
        progress.note(str(fault))


def _print_json(value: Mapping[str, object]) -> None:
    sys.stdout.write(f"{redactor(json.dumps(value, ensure_ascii=False))}\n")
