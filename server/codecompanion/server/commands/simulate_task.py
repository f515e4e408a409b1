"""`orchestra.simulateTask`: a rehearsal with pretended agents, to try an editor's set-up without any model."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.work import Work

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "tasks", "seconds", "workspace", "step", "mode")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the rehearsal; no file is touched."""
    return await session.start(
        Work(
            kind="simulation",
            request=(arguments.request or "").strip() or "a rehearsal",
            folder=session.folder(arguments.workspace, None),
            mode=arguments.chosen_mode,
            tasks=4 if arguments.tasks is None else arguments.tasks,
            seconds=0.5 if arguments.seconds is None else arguments.seconds,
        )
    )
