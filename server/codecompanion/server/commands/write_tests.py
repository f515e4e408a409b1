"""`orchestra.writeTests`: tests for a selection, a file, or the whole project."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.work import Work, demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "offline", "step")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run; without a request, tests for what is pointed at, or for what has none."""
    uri = arguments.uri
    folder = session.folder(arguments.workspace, uri)
    document = session.documents.get(uri) if uri is not None else None
    pointing = pointing_at(folder, uri, arguments.range, document)
    usual = f"Write tests for {pointing.path}" if pointing else "Write tests for what has none yet"
    return await session.start(
        Work(
            kind="tests",
            request=demand_request(arguments.request or usual),
            folder=folder,
            pointing=pointing,
            offline=arguments.offline,
            stepwise=arguments.step,
        )
    )
