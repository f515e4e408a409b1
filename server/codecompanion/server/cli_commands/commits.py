"""What `orchestra blame` asks git, and the notes it leaves there; only in folders that are trusted."""

import subprocess
from pathlib import Path

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.merging.alignment import differences
from codecompanion.server.provenance.answers import Blame
from codecompanion.server.trust.quiet_git import quiet_git

NOTES = "orchestra"
"""The name of our notes (``refs/notes/orchestra``): nobody else's are touched."""
GIT_SECONDS = 30


def changed_files(folder: Path) -> list[str]:
    """Return the files that are staged for the next commit, or without any those that were changed."""
    staged = _git(folder, "diff", "--cached", "--name-only", "--relative", "-z")
    changed = staged or _git(folder, "diff", "--name-only", "--relative", "-z")
    return [name for name in changed.split("\0") if name]


def commit_named(folder: Path, name: str) -> str:
    """Return a commit's hash; raises ``BadRequest`` for what names none."""
    try:
        return _git(
            folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        ).strip()
    except WorkspaceError:
        raise BadRequest(f"git knows no commit {name!r} in {folder}") from None


def files_of(folder: Path, commit: str) -> list[str]:
    """Return the files that a commit changed, none for a merge."""
    named = ("--no-commit-id", "--name-only", "-r", "-z", "--root", "--relative", commit)
    return [name for name in _git(folder, "diff-tree", *named).split("\0") if name]


def text_in(folder: Path, commit: str, path: str) -> str:
    """Return a file's text in a commit, empty where it has no such file."""
    try:
        return _git(folder, "show", f"{commit}:./{path}")
    except WorkspaceError:
        return ""


def new_lines(before: str, found: Blame) -> list[int]:
    """Return the lines, counted from 1, that the text ``before`` does not have."""
    old = [line.rstrip("\r\n") for line in split_lines(before)]
    new = [line.text for line in found.lines]
    return [n + 1 for _, _, first, last in differences(old, new) for n in range(first, last)]


def write_note(folder: Path, commit: str, lines: list[str]) -> None:
    """Write our note of a commit, in the place of an earlier one of ours; the commit stays as it is."""
    text = "".join(f"{line}\n" for line in lines)
    _git(folder, "notes", f"--ref={NOTES}", "add", "--force", "--file=-", commit, given=text)


def _git(folder: Path, command: str, *arguments: str, given: str = "") -> str:
    line = quiet_git(folder, command, *arguments)
    try:
        ended = subprocess.run(
            line, input=given.encode(), capture_output=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise WorkspaceError(f"git could not be asked: {trouble}") from trouble
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise WorkspaceError(f"git {command} could not do it: {said[-1] if said else 'no reason given'}")
    return ended.stdout.decode("utf-8", "replace")
