"""Finding text in many files within a bounded time."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from codecompanion.contracts.errors import BadAnswer
from codecompanion.orchestra.tools import regex_worker
from codecompanion.orchestra.tools.regex_worker import excerpt

# a console window must not flash up on Windows
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that matches, counted from 1; ``text`` is the line, cut round the match when very long."""

    path: str
    line: int
    text: str


@dataclass(slots=True)
class Hits:
    """What a search found; ``timed_out`` when it was stopped early, ``fault`` when the pattern is wrong."""

    found: list[Hit] = field(default_factory=list)
    timed_out: bool = False
    fault: str = ""


def literal_hits(pattern: str, texts: Iterator[tuple[str, str]], limit: int) -> list[Hit]:
    """Return the lines in which ``pattern`` begins, at most ``limit``, each line once."""
    found: list[Hit] = []
    for path, text in texts:
        for hit in _literal_hits_in(path, text, pattern):
            found.append(hit)
            if len(found) == limit:
                return found
    return found


def _literal_hits_in(path: str, text: str, pattern: str) -> Iterator[Hit]:
    at = text.find(pattern)
    counted, number = 0, 1
    while at >= 0:
        number += len(re.findall(r"\r\n|\n|\r", text[counted:at]))
        start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
        end = min((place for char in "\r\n" if (place := text.find(char, at)) >= 0), default=len(text))
        yield Hit(path, number, excerpt(text[start:end], at - start))
        counted = end
        at = text.find(pattern, end)


async def regex_hits(pattern: str, texts: Iterator[tuple[str, str]], limit: int, seconds: float) -> Hits:
    """Return the lines that match a regular expression, at most ``limit``, found within ``seconds``.

    ``texts`` is read in a thread. The search runs in a process that is killed at the deadline and on
    cancellation, whatever the pattern does. Raises ``BadAnswer`` for a pattern that is none.
    """
    messages = await asyncio.to_thread(lambda: [_encoded(message) for message in texts])
    hits = Hits()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", "-X", "utf8", regex_worker.__file__),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=_NO_WINDOW,
    )
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            group.create_task(_send(process, [_encoded((pattern, limit)), *messages]))
            group.create_task(_receive(process, hits))
    except TimeoutError:
        hits.timed_out = True
    finally:
        if process.returncode is None:
            process.kill()
        # reads both pipes to their end, so that nothing of the process is left open
        await process.communicate()
    if hits.fault:
        raise BadAnswer(f"{pattern!r} is no regular expression: {hits.fault}; is_regex false finds plain text")
    return hits


def _encoded(message: tuple[str, str | int]) -> bytes:
    return json.dumps(message).encode() + b"\n"


async def _send(process: asyncio.subprocess.Process, messages: list[bytes]) -> None:
    stdin = process.stdin
    assert stdin is not None
    # the worker leaves before the last file when it has found enough
    with suppress(BrokenPipeError, ConnectionResetError):
        for message in messages:
            stdin.write(message)
            await stdin.drain()
    stdin.close()


async def _receive(process: asyncio.subprocess.Process, hits: Hits) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        message = json.loads(line)
        if isinstance(message, dict):
            hits.fault = message["error"]
        else:
            hits.found.append(Hit(*message))
