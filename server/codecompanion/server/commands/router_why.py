"""`orchestra.routerWhy`: why a model took a task, and others did not; at a line, that of who wrote it."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import selected_lines
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("run_id", "task_id", "uri", "range", "workspace"), "run_id"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with the decision for the run or task meant, by default the newest one, and tell it in words."""
    run_id, task_id = arguments.run_id, arguments.task_id
    if arguments.uri is not None and run_id is None:
        run_id, task_id = await _behind(session, arguments.uri, arguments.range)
    choices = await runs_shared.late("choices")
    folder = session.folder(arguments.workspace, arguments.uri)
    data_folder = await session.settings.data_folder(folder.path)
    answer: dict[str, Any] = (await choices.why(data_folder, run_id, task_id)).to_wire()
    return answer


async def _behind(session: "Session", uri: str, lines: dict[str, Any] | None) -> tuple[str, str]:
    """Return the run and task that wrote a line, the document's first one without a range."""
    document = session.documents.get(uri)
    line = selected_lines(lines)[0] if lines is not None else 0
    found = await session.authors.origin(document, line) if document is not None else None
    if found is None:
        raise RequestFailed(f"no agent wrote line {line + 1} of {uri}, as far as its folder's log knows")
    return found[0].run_id, found[0].task_id
