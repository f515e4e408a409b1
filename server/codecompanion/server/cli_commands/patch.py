"""`orchestra patch FILE`: one model reply from standard input, applied to a file by the code that runs use."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.orchestra.edits.whole_reply import Applied, Step, applied_reply
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.patch_files import PatchFiles
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.logs import redactor
from codecompanion.server.settings.redaction import plain

BIGGEST_REPLY = 20_000_000
"""Bytes of a reply; more is not read."""


@dataclass(frozen=True, kw_only=True)
class PatchArguments:
    """What the command line says; without ``root`` only ``file`` may be changed."""

    file: str
    root: str | None = None
    as_json: bool = False


def patch(arguments: PatchArguments) -> int:
    """Apply the reply on standard input and return the exit code: all of it was applied, or nothing."""
    files, real = _files(arguments)
    file = real.relative_to(files.root).as_posix()
    others = arguments.root is not None
    applied = applied_reply(_reply(), file, files.read, full_path=real.as_posix(), others=others)
    reason = applied.reason
    if not reason:
        try:
            files.write(applied.texts)
        except OrchestraError as error:
            reason = str(error)
    if arguments.as_json:
        print_json(_told(arguments.file, applied, reason))
    elif reason:
        sys.stderr.write(plain(redactor(f"orchestra: nothing was changed: {reason}")) + "\n")
    else:
        say(map(_line, applied.steps))
    return FAILED if reason else DONE


def _files(arguments: PatchArguments) -> tuple[PatchFiles, Path]:
    """Return the files that may be changed, and the real path of the file meant among them."""
    if arguments.root is None:
        real = Path(arguments.file).resolve()
        root = next(folder for folder in _usable(real, arguments.file).parents if folder.is_dir())
        return PatchFiles(root, real.relative_to(root).as_posix()), real
    root = Path(arguments.root).resolve()
    if not root.is_dir():
        raise BadRequest(f"{arguments.root!r} is no folder; name one with --root")
    given = Path(arguments.file)
    # a path is taken from here, as programs do, or from the root where nothing is here
    real = given.resolve() if given.is_absolute() or given.exists() else (root / given).resolve()
    if not real.is_relative_to(root):
        raise BadRequest(f"{arguments.file!r} does not lie in {arguments.root!r}; name a folder that holds it")
    _usable(real, arguments.file)
    return PatchFiles(root, real.relative_to(root).as_posix()), real


def _usable(real: Path, given: str) -> Path:
    if real.is_dir():
        raise BadRequest(f"{given!r} is a folder; name the file that the reply changes")
    return real


def _reply() -> str:
    data = sys.stdin.buffer.read(BIGGEST_REPLY + 1)
    if len(data) > BIGGEST_REPLY:
        raise BadRequest(f"the reply is longer than {BIGGEST_REPLY:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"the reply is no UTF-8 text (byte {data[error.start]:#04x} at {error.start})"
        ) from None


def _told(file: str, applied: Applied, reason: str) -> dict[str, Any]:
    steps = [
        {
            "path": step.path,
            "format": step.format,
            "rung": step.rung,
            "firstLine": step.first_line,
            "lastLine": step.last_line,
            "fits": not step.reason,
            "reason": step.reason,
        }
        for step in applied.steps
    ]
    changed = [] if reason else sorted(path for path in applied.texts)
    return {"file": file, "applied": not reason, "reason": reason, "changed": changed, "edits": steps}


def _line(step: Step) -> str:
    where = f", lines {step.first_line}-{step.last_line}, matched: {step.rung}" if step.first_line else ""
    return f"{step.path}: {step.format}{where}"
