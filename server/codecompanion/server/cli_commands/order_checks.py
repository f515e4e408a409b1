"""Is what the person asked for on the command line usable? Checked before anything is started."""

import tempfile
from pathlib import Path
from typing import BinaryIO

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.contracts.orders import RunKind

LARGEST_REQUEST = 1_000_000
"""Bytes of UTF-8."""


def usable_request(given: str, stdin: BinaryIO) -> str:
    """Return the request, read from ``stdin`` when it is ``-``; raises ``BadRequest``."""
    # one byte over the limit is enough to know, however much is coming
    raw = stdin.read(LARGEST_REQUEST + 1) if given == "-" else given.encode("utf-8", "surrogateescape")
    if len(raw) > LARGEST_REQUEST:
        raise BadRequest(
            "the request is larger than 1 MB; put long material into a file of the workspace and name that file"
        )
    try:
        request = raw.decode("utf-8").strip()
    except UnicodeDecodeError as fault:
        raise BadRequest(f"the request is not UTF-8 text (byte {fault.start + 1}); send it as UTF-8") from None
    if not request or "\0" in request:
        what = "holds a NUL character" if request else "is empty"
        raise BadRequest(f"the request {what}; say in a sentence what you want")
    return request


def usable_workspace(given: str) -> Path:
    """Return the folder's absolute path; raises ``WorkspaceError``.

    Whether it can be written to is tried, not read off its mode: mounts and root make modes lie.
    """
    try:
        folder = Path(given).resolve()
        if not folder.exists():
            raise WorkspaceError(
                f"the folder {folder} does not exist; make it, or name another with --workspace"
            )
        if not folder.is_dir():
            raise WorkspaceError(f"{folder} is not a folder; name one with --workspace")
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else fault
        raise WorkspaceError(
            f"the folder {given} cannot be written to: {reason}; name another with --workspace"
        ) from None


def known_template(given: str | None) -> str | None:
    """Return the template's own name for what a person typed; raises ``BadRequest`` with the known ones."""
    if given is None:
        return None
    from codecompanion.orchestra.templates.blueprint import TEMPLATE_NAMES  # noqa: PLC0415 - seldom asked for

    spoken = " ".join(given.casefold().replace("-", " ").replace("_", " ").split())
    for name in TEMPLATE_NAMES:
        if name.casefold() == spoken:
            return name
    raise BadRequest(f"unknown template {given!r}; known: {', '.join(TEMPLATE_NAMES)}")


def kind_of_work(workspace: Path, template: str | None) -> RunKind:
    """Return "change" for a folder that holds code, "project" for one that does not or for a named template."""
    if template is not None:
        return "project"
    from codecompanion.orchestra.workspace.code_files import holds_code  # noqa: PLC0415 - only here
    from codecompanion.orchestra.workspace.view import Workspace  # noqa: PLC0415

    return "change" if holds_code(Workspace(workspace)) else "project"
