"""What a command asks for, in plain values: made and checked before anything heavy is loaded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codecompanion.contracts.errors import BadRequest
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.contracts.orders import Landing, RunKind, RunMode

LONGEST_REQUEST = 200_000
"""Characters; longer material belongs into a file that the request names."""


@dataclass(frozen=True, slots=True)
class Pointing:
    """What a request points at: a file by relative path, whole lines of it counted from 1, or all of it."""

    path: str
    first_line: int | None = None
    last_line: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request was written: the document, its language and the request's words."""

    uri: str
    text: str
    language_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One run to be: ``kind`` None leaves it to what the workspace holds; None elsewhere means "as set"."""

    kind: "RunKind | None"
    request: str
    folder: WorkspaceFolder
    pointing: Pointing | None = None
    problems: tuple[str, ...] = ()
    template: str | None = None
    offline: bool | None = None
    mode: "RunMode | None" = None
    landing: "Landing | None" = None
    tasks: int | None = None
    seconds: float | None = None
    origin: Origin | None = None

    @property
    def title(self) -> str:
        """A few words for a progress bar."""
        return title_of(self.request)


def title_of(request: str) -> str:
    """Return a request in a few words on one line."""
    words = " ".join(request.split())
    return words if len(words) <= 60 else f"{words[:59]}…"


def demand_request(request: str | None, mend: str = "say in a sentence what you want") -> str:
    """Return the request without blanks around it; raises ``BadRequest`` when it cannot be taken."""
    said = (request or "").strip()
    if not said:
        raise BadRequest(f"the request is empty; {mend}")
    if len(said) > LONGEST_REQUEST:
        raise BadRequest(
            f"the request has {len(said):,} characters; the most is {LONGEST_REQUEST:,}. "
            "Put long material into a file of the workspace and name the file"
        )
    if "\0" in said:
        raise BadRequest("the request holds a NUL character; send plain text")
    return said


def check_work(work: Work) -> None:
    """Raise ``BadRequest`` or ``WorkspaceError`` for what can be told without starting; touches the disk."""
    from codecompanion.orchestra.workspace.usable import check_usable  # noqa: PLC0415 - not at start-up

    check_usable(work.folder.path)
    if work.template is not None:
        from codecompanion.orchestra.templates.choice import template_named  # noqa: PLC0415

        template_named(work.template)
