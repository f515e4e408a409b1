"""Is what the person asked for on the command line usable? Checked before anything is started."""

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
    """Return the folder's absolute path; raises ``WorkspaceError``."""
    from codecompanion.orchestra.workspace.usable import check_usable  # noqa: PLC0415 - only here

    try:
        folder = Path(given).resolve()
        check_usable(folder)
    except (OSError, ValueError) as fault:
        raise WorkspaceError(f"{given[:200]!r} is no path of a folder: {fault}") from None
    return folder


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
