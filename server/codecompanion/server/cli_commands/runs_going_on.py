"""`orchestra runs resume | fork`: going on with a run, as it was or in another way."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.contracts.consent import Consent
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import PlanApproved, RunStarted
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.orders import RunMode
from codecompanion.contracts.status import RunStatus
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, reader_of, settings_now
from codecompanion.server.cli_commands.interrupts import Interrupts
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.cli_commands.run import RunEngine, demand_terminal, exit_code_of, follow
from codecompanion.server.cli_commands.run_progress import Progress, progress_on
from codecompanion.server.cli_commands.run_summary import summary_lines
from codecompanion.server.cli_commands.terminal_consent import consent_on_terminal
from codecompanion.server.cli_commands.trust import demand_trust
from codecompanion.server.runs.entries import DAMAGED, OPEN, RunEntry
from codecompanion.server.runs.forking import (
    Fork,
    ForkOrder,
    ForkPlace,
    Forks,
    demand_model,
    place_of_fork,
    with_model,
)
from codecompanion.server.settings.model import Settings

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine


def resume(args: argparse.Namespace) -> int:
    """Go on with an interrupted run to its end; one that has ended is a success that says so."""
    return asyncio.run(_resume(args))


async def _resume(args: argparse.Namespace) -> int:
    entry, mode, fork = await _meant(args)
    if entry.state != OPEN:
        if args.json:
            print_json({**entry.to_wire(), "resumed": False, "exitCode": DONE})
        else:
            say([f"Run {entry.run_id} has ended already ({entry.state}); there is nothing to go on with."])
            if entry.state != "done":
                say([f"`orchestra runs fork {entry.run_id}` goes on in a copy from before its end."])
        return DONE
    demand_trust(folder_of(args), given=args.trust)
    settings = settings_now(args, trusted=True)
    return await _drive(args, settings, entry.run_id, fork, mode=mode)


async def _meant(args: argparse.Namespace) -> tuple[RunEntry, RunMode, ForkPlace | None]:
    """Return the run to resume, how it goes on, and where, if it is a fork."""
    async with reader_of(args) as reader:
        newest_open = args.run is None and not args.last
        run_id = await reader.pick(args.run, want=OPEN if newest_open else "")
        entry = await reader.entry(run_id)
        if entry.state == DAMAGED:
            raise OrchestraError(f"run {run_id} cannot be gone on with: {entry.damage}")
        history = await reader.history(run_id)
    first = history[0].body
    mode: RunMode = first.order.mode if isinstance(first, RunStarted) else "automatic"
    if mode == "approve" and any(isinstance(one.body, PlanApproved) for one in history):
        mode = "automatic"
    if mode == "approve" and entry.state == OPEN:
        demand_terminal(f"run {run_id}")
    fork = place_of_fork(history, _data_folder(args)) if entry.state == OPEN else None
    return entry, mode, fork


async def _drive(
    args: argparse.Namespace, settings: Settings, run_id: RunId, fork: ForkPlace | None, *, mode: RunMode
) -> int:
    with Interrupts() as interrupts, progress_on(sys.stderr) as progress:
        try:
            consent = consent_on_terminal(progress, given=args.trust)
            async with _engine(settings, folder_of(args), fork, consent) as engine:
                await engine.resume(run_id)
                status = await follow(engine, run_id, interrupts, progress, mode=mode)
        except asyncio.CancelledError:
            if interrupts.exit_code is None:
                raise
            return interrupts.exit_code
    return _told(args, status, interrupts.exit_code or exit_code_of(status), ())


@asynccontextmanager
async def _engine(
    settings: Settings, folder: Path, fork: ForkPlace | None, consent: Consent
) -> AsyncIterator["Engine"]:
    """Give the engine of the folder, or for a fork one that works in the fork's folder."""
    from codecompanion.server.bootstrap import log_for_runs  # noqa: PLC0415 - the engine hangs on it

    chosen, place = (with_model(settings, fork.model), fork.folder) if fork else (settings, folder)
    async with log_for_runs(settings, folder, consent) as log, log.engine_in(chosen, place) as engine:
        yield engine


def _data_folder(args: argparse.Namespace) -> Path:
    return folder_of(args) / settings_now(args).data_folder


def fork(args: argparse.Namespace) -> int:
    """Make a fork, let it go on to its end, and say how to look at the difference."""
    return asyncio.run(_fork(args))


async def _fork(args: argparse.Namespace) -> int:
    folder = folder_of(args)
    demand_trust(folder, given=args.trust)
    demand_model(args.model)
    settings = with_model(settings_now(args, trusted=True), args.model)
    async with reader_of(args) as reader:
        origin = await reader.pick(args.run)
    order = ForkOrder(origin, args.at, args.model, args.request, args.answer)
    with Interrupts() as interrupts, progress_on(sys.stderr) as progress:
        try:
            async with _forked(settings, folder, order, progress, trust=args.trust) as (engine, made):
                status = await follow(engine, made.run_id, interrupts, progress)
        except asyncio.CancelledError:
            if interrupts.exit_code is None:
                raise
            return interrupts.exit_code
    more = [f"The fork is run {made.run_id}, its files are in {made.folder}.", "To see the difference:"]
    more += [f"  {line}" for line in made.how_to_compare]
    return _told(args, status, interrupts.exit_code or exit_code_of(status), more)


@asynccontextmanager
async def _forked(
    settings: Settings, folder: Path, order: ForkOrder, progress: Progress, *, trust: bool
) -> AsyncIterator[tuple[RunEngine, Fork]]:
    from codecompanion.server.bootstrap import log_for_runs  # noqa: PLC0415 - the engine hangs on it

    consent = consent_on_terminal(progress, given=trust)
    async with log_for_runs(settings, folder, consent) as log:
        made = await Forks(log.store, folder, folder / settings.data_folder).make(order)
        said = f": {'; '.join(made.changes)}" if made.changes else ""
        progress.note(f"Run {made.run_id} goes on from event {made.version} of {made.origin}{said}")
        async with log.engine_in(settings, made.folder) as engine:
            await engine.resume(made.run_id)
            yield engine, made


def _told(args: argparse.Namespace, status: RunStatus, code: int, more: Sequence[str]) -> int:
    if args.json:
        print_json({**status.to_wire(), "resumed": True, "exitCode": code})
    else:
        say([*summary_lines(status), *more])
    return code
