"""One change of one file on the disk: made in one step, read back, and able to be taken back."""

import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.orchestra.merging.rebase import put_back
from codecompanion.orchestra.workspace.safe_files import (
    Folder,
    opened_folder,
    readable_errors,
    temporary_name,
)
from codecompanion.orchestra.workspace.texts import decode

BIGGEST_EDITED_FILE: Final = 20_000_000
"""Bytes; a bigger file is left alone."""

Make = Callable[[bytes | None], bytes | None]
"""From what a file holds to what it shall hold; None stands for no file."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that held ``before`` was made to hold ``after``; None stands for no file.

    ``status`` is the one it had before; ``folders`` are those that were made for it, the outermost first.
    """

    path: str
    before: bytes | None
    after: bytes | None
    status: os.stat_result | None
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A file got another path."""

    source: str
    target: str
    folders: tuple[str, ...] = ()


def change(root: Path, path: str, make: Make, *, make_folders: bool = False) -> Made:
    """Let a file hold what ``make`` says of what it holds, and return what was done.

    A new content is written beside the file, made durable, renamed over it and read back; permissions stay and,
    where allowed, the owner. Raises ``OrchestraError``, and then the disk is as it was.
    """
    missing = missing_folders(root, path) if make_folders else ()
    parent, _, name = path.rpartition("/")
    with readable_errors(path), opened_folder(root, parent, make=make_folders) as folder:
        before, status = folder.read(name, BIGGEST_EDITED_FILE) if folder.status(name) else (None, None)
        after = make(before)
        if after is None:
            _remove(folder, name, before)
        elif after != before:
            _write(folder, name, before, after, status)
    return Made(path, before, after, status, missing)


def move(root: Path, source: str, target: str) -> Moved:
    """Give a file another path that must be free; raises ``OrchestraError``, and then nothing was moved."""
    missing = missing_folders(root, target)
    (above, _, name), (beneath, _, new_name) = source.rpartition("/"), target.rpartition("/")
    with (
        readable_errors(source),
        opened_folder(root, above) as old,
        opened_folder(root, beneath, make=True) as new,
    ):
        old.read(name, BIGGEST_EDITED_FILE)
        if new.status(new_name) is not None:
            raise EditRefused(f"{target!r} exists already, and nothing is ever moved over another file")
        _rename(old, name, new, new_name)
        _make_durable(new)
        _make_durable(old)
    return Moved(source, target, missing)


def take_back(root: Path, done: Made | Moved) -> str:
    """Undo a change; returns what of it stays and why, empty when all is as it was."""
    try:
        if isinstance(done, Moved):
            move(root, done.target, done.source)
            drop_folders(root, done.folders)
            return ""
        return _restored(root, done)
    except OrchestraError as problem:
        return f"it could not be put back: {problem}"


def entry_is_link(root: Path, path: str) -> bool:
    """Whether a path's last part is a link: what it leads to has another name."""
    with suppress(OSError):
        return stat.S_ISLNK((root / path).lstat().st_mode)
    return False


def _restored(root: Path, done: Made) -> str:
    left: list[str] = []

    def before_or_merged(now: bytes | None) -> bytes | None:
        if now == done.after:
            return done.before
        text, said = _without(now, done)
        left.append(said)
        return text

    change(root, done.path, before_or_merged)
    if done.before is not None and done.after is None and done.status is not None:
        _give_mode(root, done.path, done.status)
    if done.before is None:
        drop_folders(root, done.folders)
    return "".join(left)


def _without(now: bytes | None, done: Made) -> tuple[bytes | None, str]:
    """Return what someone else made of the file meanwhile, without our change where that is possible."""
    if now is None or done.before is None or done.after is None:
        return now, "it was changed by someone else meanwhile and stays as it is"
    present = decode(now, done.path)
    before, after = decode(done.before, done.path).text, decode(done.after, done.path).text
    rest = put_back(present.text, before, after)
    said = "what someone else changed meanwhile stays, the rest was put back"
    if rest.conflicts:
        lines = ", ".join(str(one.line) for one in rest.conflicts)
        said = f"lines were changed by someone else meanwhile and stay (at {lines}), the rest was put back"
    return present.encoded(rest.text), said


def _write(
    folder: Folder, name: str, before: bytes | None, after: bytes, status: os.stat_result | None
) -> None:
    temporary = temporary_name()
    folder.create(temporary, after, durable=True)
    try:
        if status:
            folder.keep_mode_and_owner(temporary, status)
        _require(folder, name, before)
        folder.replace(temporary, name)
    except BaseException:
        folder.discard(temporary)
        raise
    found = folder.read(name, len(after) + 1)[0]
    if hashlib.sha256(found).digest() != hashlib.sha256(after).digest():
        raise EditRefused(
            f"{_shown(folder, name)!r} does not hold what was written to it; another program changed it at once"
        )


def _remove(folder: Folder, name: str, before: bytes | None) -> None:
    if before is not None:
        _require(folder, name, before)
        folder.discard(name)
        _make_durable(folder)


def _require(folder: Folder, name: str, before: bytes | None) -> None:
    """Refuse to replace what someone else wrote since the file was read."""
    now = folder.read(name, BIGGEST_EDITED_FILE)[0] if folder.status(name) else None
    if now != before:
        raise EditRefused(
            f"{_shown(folder, name)!r} was changed by someone else at this very moment; read it again"
        )


def _shown(folder: Folder, name: str) -> str:
    return f"{folder.relative}/{name}" if folder.relative else name


def _rename(old: Folder, name: str, new: Folder, new_name: str) -> None:
    try:
        # unlike a rename, a second name never replaces a file that appeared meanwhile
        os.link(old.at(name), new.at(new_name), src_dir_fd=old.fd, dst_dir_fd=new.fd, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        os.rename(old.at(name), new.at(new_name), src_dir_fd=old.fd, dst_dir_fd=new.fd)
    else:
        old.discard(name)


def _make_durable(folder: Folder) -> None:
    if folder.fd is not None:
        os.fsync(folder.fd)


def _give_mode(root: Path, path: str, status: os.stat_result) -> None:
    parent, _, name = path.rpartition("/")
    with readable_errors(path), opened_folder(root, parent) as folder:
        folder.keep_mode_and_owner(name, status)


def missing_folders(root: Path, path: str) -> tuple[str, ...]:
    """Return the folders that a file's path goes through and that are not there, the outermost first."""
    parts = path.split("/")[:-1]
    folders = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return tuple(folder for folder in folders if not (root / folder).exists())


def drop_folders(root: Path, folders: tuple[str, ...]) -> None:
    """Remove folders that were made for a file, unless something else lies in them by now."""
    for relative in reversed(folders):
        with suppress(OSError):
            (root / relative).rmdir()
