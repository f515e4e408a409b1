"""`orchestra.fix`: mend the problems marked in a document, or without any, the failing tests."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.problems import describe
from codecompanion.server.editor.work import Work, demand_request

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
    problems = describe(pointing.path if pointing else "", arguments.diagnostics or ())
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
