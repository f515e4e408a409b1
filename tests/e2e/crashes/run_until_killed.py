"""Runs or goes on with one request in a folder, and kills itself at a given moment of its log.

Usage: ``run_until_killed.py WORKSPACE ACKS MOMENT``; see ``watch_appends`` for the last two.
"""

import asyncio
import os
import sys
from pathlib import Path

from watched_appends import watch_appends

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.orders import RunOrder
from codecompanion.server.bootstrap import headless
from codecompanion.server.settings.load import load_settings

RUN = "run-campaign"
REQUEST = "add a report to the ledger, with tests"


async def main(workspace: Path) -> None:
    """Begin the run, or go on with the one that is open."""
    settings = load_settings({}, os.environ, None)
    async with headless(settings, workspace) as parts:
        try:
            await parts.engine.reopen(RUN)
        except BadRequest:
            await parts.engine.start(RunOrder(kind="project", request=REQUEST, workspace=str(workspace)), RUN)
        status = await parts.engine.wait(RUN)
        sys.stdout.write(f"{status.phase}: {status.summary}\n")


if __name__ == "__main__":
    watch_appends(
        os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        sys.argv[3],
        is_watched=lambda stream: not stream.startswith("~"),
        line=lambda one: f"{one.version} {one.body.event}",
    )
    asyncio.run(main(Path(sys.argv[1])))
