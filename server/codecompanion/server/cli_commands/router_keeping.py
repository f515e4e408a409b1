"""`orchestra router reset | export | import`: what was learned, forgotten, or carried from folder to folder."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.records import BanditObservation
from codecompanion.contracts.wording import counted
from codecompanion.router.learning.learned import read_learned, written
from codecompanion.router.learning.learner import reset_mark, since_reset
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, settings_now
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.learning import router_log


def reset(args: argparse.Namespace) -> int:
    """Forget what was learned, by a mark in the log; raises ``WorkspaceInUse`` while a server owns it."""
    forgotten = asyncio.run(_note(args, (), forget=True))
    return _said(args, "forgotten", forgotten, f"Forgot {counted(forgotten, 'outcome')}; the log keeps them.")


def export(args: argparse.Namespace) -> int:
    """Write what was learned to a file."""

    async def ask() -> tuple[BanditObservation, ...]:
        async with router_log(_data_folder(args)) as log:
            return log.observations

    observations = asyncio.run(ask())
    file = Path(args.file)
    if file.exists():
        raise BadRequest(f"{file} is there already; name another file, or remove it")
    file.write_text(written(observations), encoding="utf-8")
    count = len(since_reset(observations))
    return _said(args, "exported", count, f"Wrote {counted(count, 'outcome')} to {file}.")


def import_learned(args: argparse.Namespace) -> int:
    """Learn from a file; raises ``WorkspaceInUse`` while a server owns the log."""
    observations = read_learned(Path(args.file))
    asyncio.run(_note(args, observations, forget=False))
    count = len(observations)
    return _said(args, "imported", count, f"Took in {counted(count, 'outcome')} from {args.file}.")


async def _note(args: argparse.Namespace, observations: Sequence[BanditObservation], *, forget: bool) -> int:
    async with router_log(_data_folder(args)) as log:
        if forget:
            await log.records.note_reward(reset_mark(time.time()))
        for observation in observations:
            await log.records.note_reward(observation)
        return len(since_reset(log.observations))


def _data_folder(args: argparse.Namespace) -> Path:
    return folder_of(args) / settings_now(args).data_folder


def _said(args: argparse.Namespace, name: str, count: int, text: str) -> int:
    print_json({name: count}) if args.json else say([text])
    return DONE
