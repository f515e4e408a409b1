"""`orchestra.fix`: mend the problems marked in a document, or without any, the failing tests."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.problems import describe
from codecompanion.server.editor.work import Pointing, Work, demand_request
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "diagnostics", "workspace", "offline", "step")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    uri = arguments.uri
    folder = session.folder(arguments.workspace, uri)
    document = session.documents.get(uri) if uri is not None else None
    pointing = pointing_at(folder, uri, arguments.range, document)
    problems = _problems(session, folder, pointing, arguments.diagnostics)
    usual = "Fix the problems that are marked" if problems else "Make the failing tests pass"
    return await session.start(
        Work(
            kind="fix",
            request=demand_request(arguments.request or usual),
            folder=folder,
            pointing=pointing,
            problems=tuple(problems),
            offline=arguments.offline,
            stepwise=arguments.step,
        )
    )


def _problems(
    session: "Session", folder: WorkspaceFolder, pointing: Pointing | None, given: list[Any] | None
) -> list[str]:
    """The problems that were sent; for a document without any, those the editor told of earlier."""
    if given is not None or pointing is None:
        return describe(pointing.path if pointing else "", given or ())
    return session.problems.lookup(folder)(pointing.path)
