"""`orchestra worker`: makes model calls for runs on any machine, with the keys of this one."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.wording import counted
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.interrupts import Interrupts
from codecompanion.server.logs import configure_logging, redactor
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.redaction import plain

if TYPE_CHECKING:
    from codecompanion.router.fleet.call_worker import CallWorker

FINISH_WITHIN = 20.0
"""Seconds a worker that was asked to end may take for the calls it has; then it hands them back."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def worker(
    *,
    redis_url: str | None,
    name: str | None,
    at_once: int,
    log_level: str | None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Work until SIGTERM or Ctrl-C, then finish or hand back what is under way, and return the exit code."""
    configure_logging(log_level or "warning")
    settings = load_settings(None, environ, user_file(environ))
    url = demand_url(redis_url, settings)
    if not 1 <= at_once <= 64:
        raise BadRequest(f"--at-once is {at_once}; give a whole number from 1 to 64")
    return asyncio.run(_work(settings, url, _usable_name(name), at_once))


def demand_url(given: str | None, settings: Settings) -> str:
    """Return the address of the Redis, from the command line or the settings; raises ``BadRequest``."""
    url = given or settings.redis_url
    if not url:
        raise BadRequest("no Redis is named; give --redis redis://host:6379/0 or set ORCHESTRA_REDIS_URL")
    return url


def _usable_name(name: str | None) -> str:
    if name is None:
        host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:40] or "worker"
        return f"{host}-{os.getpid()}-{uuid4().hex[:4]}"
    if not _NAME.fullmatch(name):
        raise BadRequest(f"--name is {name!r}; give up to 64 letters, digits, dots, dashes, underscores")
    return name


async def _work(settings: Settings, url: str, name: str, at_once: int) -> int:
    from codecompanion.server.fleet_worker import fleet_worker  # noqa: PLC0415 - the model clients hang on it

    with Interrupts() as interrupts:
        try:
            async with fleet_worker(settings, url, name=name, at_once=at_once, say=_say) as made:
                ending = asyncio.create_task(_end_when_asked(interrupts, made))
                try:
                    await made.run()
                finally:
                    ending.cancel()
        except asyncio.CancelledError:
            if interrupts.exit_code is None:
                raise
    _say("ended.")
    return DONE


async def _end_when_asked(interrupts: Interrupts, made: "CallWorker") -> None:
    await interrupts.first.wait()
    are = "is" if made.busy == 1 else "are"
    _say(f"ending; {counted(made.busy, 'call')} {are} finished first, for at most {FINISH_WITHIN:g} s.")
    made.end()
    await asyncio.sleep(FINISH_WITHIN)
    made.hand_back()


def _say(text: str) -> None:
    sys.stderr.write(f"orchestra worker: {plain(redactor(text))}\n")
    sys.stderr.flush()
