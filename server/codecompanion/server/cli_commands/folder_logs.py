"""Which folder a command is about, and the log of its runs: to read beside its owner, or to write to."""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.runs.opening import open_beside
from codecompanion.server.runs.reader import RunReader
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.trust.standing import is_trusted

Answer = TypeVar("Answer")


def folder_of(args: argparse.Namespace) -> Path:
    """Return the folder whose runs are meant; raises ``WorkspaceError``."""
    folder = Path(args.workspace).resolve()
    if not folder.is_dir():
        raise WorkspaceError(f"there is no folder {folder}; name one with --workspace")
    return folder


def settings_now(args: argparse.Namespace, *, trusted: bool = False) -> Settings:
    """Return the settings of the command line; keys are looked for only where the folder is ``trusted``.

    A command that is about no folder has no need of them.
    """
    keys = trusted or ("workspace" in args and is_trusted(folder_of(args), os.environ))
    return load_settings(None, os.environ, user_file(os.environ), keys=keys)


@asynccontextmanager
async def reader_of(args: argparse.Namespace) -> AsyncIterator[RunReader]:
    """Give a reader of the folder's log, whoever owns it; raises ``WorkspaceError`` where there is none."""
    async with open_beside(folder_of(args) / settings_now(args).data_folder, time.time) as reader:
        yield reader


def owning(args: argparse.Namespace, work: Callable[[SqliteEventStore], Awaitable[Answer]]) -> Answer:
    """Do work on the folder's log; raises ``WorkspaceInUse`` while another program owns it."""

    async def run() -> Answer:
        from codecompanion.server.bootstrap import own_log  # noqa: PLC0415 - the engine hangs on it

        async with own_log(settings_now(args), folder_of(args)) as store:
            return await work(store)

    return asyncio.run(run())
