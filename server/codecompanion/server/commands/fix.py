"""`orchestra.fix`: mend the problems marked in a document, or without any, the failing tests."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.problems import describe
from codecompanion.server.editor.work import Pointing, demand_request
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "diagnostics", "workspace", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    target = target_of(session, arguments, arguments.uri)
    problems = tuple(_problems(session, target.folder, target.pointing, arguments.diagnostics))
    usual = "Fix the problems that are marked" if problems else "Make the failing tests pass"
    request = demand_request(arguments.request or usual)
    return await session.start(target.work("fix", request, arguments, problems=problems))


def _problems(
    session: "Session", folder: WorkspaceFolder, pointing: Pointing | None, given: list[Any] | None
) -> list[str]:
    """The problems that were sent; for a document without any, those the editor told of earlier."""
    if given is not None or pointing is None:
        return describe(pointing.path if pointing else "", given or ())
    return session.problems.lookup(folder)(pointing.path)
