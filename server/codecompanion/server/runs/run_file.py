"""One run as one file: a line that says what it is, then one JSON object an event, just as the log has it.

What comes from a file is a stranger's: sizes are bounded, the chain is checked, every event must be one of this
release, and paths in it are text and nothing else.
"""

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from pydantic import ValidationError

from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.event_text import UnreadableEvent, decode_event
from codecompanion.contracts.events import Context, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.wording import counted
from codecompanion.memory.whole_streams import StoredEvent, broken_copy
from codecompanion.orchestra.replay.replay import followed

FORMAT = "codecompanion-orchestra-run"
FORMAT_VERSION = 1
SUFFIX = ".orchestra-run.jsonl"
_GZIP = b"\x1f\x8b"
_YEAR_3000 = 32_503_680_000.0
_HEADER = {"format": str, "formatVersion": int, "runId": str, "events": int, "lastLink": str}
_LINE = {"version": int, "at": float, "body": str, "link": str}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that is read of a file: events, bytes of one line, and bytes in all, unpacked."""

    lines: int = 500_000
    line_bytes: int = 20_000_000
    total_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run as a file has it, checked; ``ended`` says whether it had an end where it came from."""

    run_id: RunId
    title: str
    events: tuple[StoredEvent, ...]
    ended: bool

    @property
    def last_link(self) -> str:
        """The hash its chain ends with."""
        return self.events[-1].link


def lines_of(run_id: RunId, title: str, events: Sequence[StoredEvent]) -> Iterator[str]:
    """Yield the lines of a run's file."""
    header = {
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "runId": run_id,
        "title": title,
        "events": len(events),
        "lastLink": events[-1].link,
    }
    yield json.dumps(header)
    for one in events:
        context = None if one.context is None else one.context.to_wire()
        said = {"version": one.version, "at": one.at, "body": one.body, "context": context, "link": one.link}
        yield json.dumps(said)


def write_run_file(path: Path, lines: Iterable[str]) -> None:
    """Write a new file, compressed where its name ends in ``.gz``; raises ``BadRequest`` when it is there."""
    data = "".join(f"{line}\n" for line in lines).encode()
    packed = gzip.compress(data, mtime=0) if path.suffix == ".gz" else data
    try:
        with path.open("xb") as file:
            file.write(packed)
    except FileExistsError:
        raise BadRequest(f"{path} is there already, and nothing is overwritten; name another file") from None
    except OSError as fault:
        raise BadRequest(f"{path} cannot be written: {fault.strerror or fault}") from fault


def read_run_file(path: Path, bounds: Bounds = Bounds()) -> RunFile:
    """Return the run of a file; raises ``BadRequest`` with the reason when it is none, or was altered."""
    try:
        # a pipe would be waited for
        if path.exists() and not path.is_file():
            raise BadRequest(f"{path} is no ordinary file")
        with path.open("rb") as file:
            lines = list(_lines(_unpacked(file), path, bounds))
    except FileNotFoundError:
        raise BadRequest(f"there is no file {path}") from None
    except (OSError, EOFError, zlib.error) as fault:
        raise BadRequest(f"{path} cannot be read: {fault}") from fault
    return _read(path, lines)


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    magic = file.read(2)
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if magic == _GZIP else file  # type: ignore[return-value]


def _lines(file: IO[bytes], path: Path, bounds: Bounds) -> Iterator[bytes]:
    total = 0
    for number in range(bounds.lines + 2):
        line = file.readline(bounds.line_bytes + 1)
        if not line:
            return
        total += len(line)
        if len(line) > bounds.line_bytes or total > bounds.total_bytes:
            most = bounds.line_bytes if len(line) > bounds.line_bytes else bounds.total_bytes
            what = f"its line {number + 1}" if len(line) > bounds.line_bytes else "it"
            raise BadRequest(f"{path} is refused: {what} has more than {most:,} bytes")
        yield line
    raise BadRequest(f"{path} is refused: it has more than {counted(bounds.lines, 'event')}")


def _read(path: Path, lines: Sequence[bytes]) -> RunFile:
    if not lines:
        raise BadRequest(f"{path} is empty")
    header = _object(path, 1, lines[0], _HEADER)
    if header["format"] != FORMAT or header["formatVersion"] != FORMAT_VERSION:
        raise BadRequest(f"{path} is no file of a run that this release can read")
    events = tuple(_event(path, number, line) for number, line in enumerate(lines[1:], 2))
    if len(events) != header["events"] or not events:
        raise BadRequest(f"{path} is cut: {len(events)} of {header['events']} events are there")
    problems = broken_copy(header["runId"], events)
    if problems or events[-1].link != header["lastLink"]:
        raise BadRequest(f"{path} was altered: {problems[0] if problems else 'its last link is another one'}")
    title = header.get("title")
    ended = _demand_meaning(path, events)
    return RunFile(header["runId"], title if isinstance(title, str) else "", events, ended)


def _event(path: Path, number: int, line: bytes) -> StoredEvent:
    said = _object(path, number, line, _LINE)
    at = said["at"]
    if not (math.isfinite(at) and 0 <= at <= _YEAR_3000):
        raise _bad(path, number, "its time is none")
    try:
        said["body"].encode()
        context = None if said.get("context") is None else Context.model_validate(said["context"])
    except (UnicodeEncodeError, ValidationError) as fault:
        raise _bad(path, number, "its text or its context cannot be kept") from fault
    return StoredEvent(said["version"], at, said["body"], context, said["link"])


def _demand_meaning(path: Path, events: Sequence[StoredEvent]) -> bool:
    """Demand that all events are ones of this release and make a run; returns whether that has ended."""
    history = []
    for one in events:
        try:
            body = decode_event(one.body)
        except UnreadableEvent as fault:
            raise _bad(path, one.version + 1, str(fault)) from fault
        context = one.context or Context(correlation_id="imported")
        history.append(
            Recorded(
                run_id="imported",
                version=one.version,
                position=one.version,
                at=one.at,
                body=body,
                context=context,
            )
        )
    try:
        return followed("imported", history).ended
    except OrchestraError as fault:
        raise BadRequest(f"{path} holds no run that can be followed: {fault}") from fault


def _object(path: Path, number: int, line: bytes, wanted: dict[str, type]) -> dict[str, Any]:
    try:
        said = json.loads(line.decode(), parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise _bad(path, number, "it is no JSON of a run") from fault
    if not isinstance(said, dict):
        raise _bad(path, number, "it is no JSON object")
    for name, kind in wanted.items():
        value = said.get(name)
        if type(value) is int and kind is float:
            # beyond this a whole number is no time, and might not even be a float
            said[name] = value = float(value) if abs(value) < _YEAR_3000 else math.inf
        if type(value) is not kind:
            raise _bad(path, number, f"its part {name!r} is missing or of another kind")
    return said


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _bad(path: Path, number: int, why: str) -> BadRequest:
    return BadRequest(f"line {number} of {path} cannot be taken: {why}")
