"""Asks the person about the plan of a run that waits for that. No answer means: it keeps waiting."""

import logging
from typing import TYPE_CHECKING

from pygls.exceptions import JsonRpcException

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.wording import counted
from codecompanion.server.wire.errors import ConnectionClosed

if TYPE_CHECKING:
    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session

log = logging.getLogger(__name__)

APPROVE, LOOK, STOP = "Approve", "Look at the plan", "Stop"
SILENT_PATIENCE = 60.0
"""Seconds for which an editor is waited for that does not say whether it can ask."""
_HOW = "`orchestra.plan` shows the plan, `orchestra.approvePlan` lets it go"


async def ask_about_plan(session: "Session", run: "LiveRun") -> None:
    """Ask until the person has approved, stopped or dismissed it; what they say by a command counts as well."""
    try:
        answer = await choice(session, _question(run), (APPROVE, LOOK, STOP))
        if answer == LOOK and waits(run):
            await session.plans.show(run)
            answer = await choice(session, _question(run), (APPROVE, STOP))
        await _act(session, run, answer)
    except OrchestraError as refused:
        session.warn(str(refused))


async def _act(session: "Session", run: "LiveRun", answer: str | None) -> None:
    if not waits(run):
        return
    if answer == APPROVE:
        await session.approve(run)
    elif answer == STOP:
        await session.stop(run, "the plan was not approved")
    else:
        session.say(f"the plan of {run.work.title!r} keeps waiting for your approval; {_HOW}")


def waits(run: "LiveRun") -> bool:
    """Whether the run waits for its plan's approval now."""
    run.refresh()
    status = run.status
    return status is not None and not run.ended and status.mode == "approve" and status.phase == "waiting"


async def choice(
    session: "Session", question: str, actions: tuple[str, ...], *, silent_too: bool = False
) -> str | None:
    """Return which action the person chose; None when they dismissed it, or the editor cannot ask.

    ``silent_too`` also asks editors that do not declare that they can, as some that can do not.
    """
    declared = session.server.client.message_actions
    if not (declared or silent_too):
        return None
    params = {"type": 3, "message": question, "actions": [{"title": title} for title in actions]}
    patience = None if declared else SILENT_PATIENCE
    try:
        answer = await session.server.request("window/showMessageRequest", params, timeout=patience)
    except (TimeoutError, JsonRpcException, ConnectionClosed) as refusal:
        log.debug("the editor did not ask: %s", refusal)
        return None
    chosen = answer.get("title") if isinstance(answer, dict) else None
    return chosen if chosen in actions else None


def _question(run: "LiveRun") -> str:
    tasks = counted(len(run.status.tasks) if run.status is not None else 0, "task")
    return f"Orchestra: the plan for {run.work.title!r} is made ({tasks}). Shall it be carried out?"
