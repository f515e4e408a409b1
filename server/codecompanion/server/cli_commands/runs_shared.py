"""What the sub-commands of `orchestra runs` share: which folder is meant, and how answers are printed."""

import argparse
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.server.logs import redactor
from codecompanion.server.runs.opening import open_beside
from codecompanion.server.runs.reader import RunReader
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.redaction import plain


def settings_now() -> Settings:
    """Return the settings of the command line."""
    return load_settings(None, os.environ, user_file(os.environ))


def folder_of(args: argparse.Namespace) -> Path:
    """Return the folder whose runs are meant; raises ``WorkspaceError``."""
    folder = Path(args.workspace).resolve()
    if not folder.is_dir():
        raise WorkspaceError(f"there is no folder {folder}; name one with --workspace")
    return folder


@asynccontextmanager
async def reader_of(args: argparse.Namespace) -> AsyncIterator[RunReader]:
    """Give a reader of the folder's log, whoever owns it; raises ``WorkspaceError`` where there is none."""
    async with open_beside(folder_of(args) / settings_now().data_folder, time.time) as reader:
        yield reader


def say(lines: Iterable[str]) -> None:
    """Print lines, without secrets and without what would steer a terminal."""
    for line in lines:
        sys.stdout.write(f"{plain(redactor(line))}\n")


def print_json(value: Contract | Mapping[str, Any]) -> None:
    """Print one JSON object on one line; ASCII only, so that no text in it can steer a terminal."""
    wire = value.to_wire() if isinstance(value, Contract) else value
    sys.stdout.write(f"{redactor(json.dumps(wire))}\n")
