"""Offering, at the end of a run that cost something, to show what it cost."""

from typing import TYPE_CHECKING

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.commands import module_of
from codecompanion.server.plans.asking import choice

if TYPE_CHECKING:
    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session

SHOW = "Show what it cost"


async def offer_statement(session: "Session", run: "LiveRun") -> None:
    """Offer it where the editor has questions; shows the statement if it is wanted."""
    cost = run.status.cost if run.status is not None else None
    if cost is None or not session.server.client.message_actions:
        return
    question = f"Orchestra: {run.work.title!r} cost ${cost:.4f}."
    if await choice(session, question, (SHOW,)) != SHOW:
        return
    from codecompanion.server.commands.arguments import Arguments  # noqa: PLC0415 - not at start-up

    asked = Arguments(run_id=run.run_id, workspace=run.work.folder.path)
    try:
        session.say((await module_of("statement").run(session, asked))["text"])
    except OrchestraError as trouble:
        session.warn(str(trouble))
