"""From the events of a run to what the editor shows: progress, our own notifications, and a last message."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from codecompanion.server.wire.progress import WorkDoneProgress

if TYPE_CHECKING:
    from codecompanion.contracts.events import Recorded
    from codecompanion.contracts.status import RunStatus
    from codecompanion.server.wire.server import OrchestraServer

EVENT, STATUS = "orchestra/event", "orchestra/status"
_ERROR, _WARNING, _INFO = 1, 2, 3
_TYPES = {"done": _INFO, "stopped": _INFO, "red": _WARNING, "failed": _ERROR}
_ENDS = {"done": "done", "stopped": "stopped", "red": "the tests do not pass", "failed": "failed"}
_MOST_FAILED_EDITS = 5


def progress_token(run_id: str, task_id: str | None = None) -> str:
    """Return the progress token of a run, or of one agent's share of it."""
    return f"orchestra/{run_id}" if task_id is None else f"orchestra/{run_id}/{task_id}"


class RunReporter:
    """Tells the editor about one run. Progress begins at once and always ends, whatever becomes of the run."""

    def __init__(
        self, server: "OrchestraServer", run_id: str, title: str, on_cancel: Callable[[], Any]
    ) -> None:
        self._server = server
        self._run_id = run_id
        self._on_cancel = on_cancel
        self._agents: dict[str, WorkDoneProgress] = {}
        self._shown = ("", 0)
        self._progress = self._begin(f"Orchestra: {title}", "starting", None)
        if not server.client.progress:
            self._say(_INFO, f"Orchestra has started: {title}")

    def recorded(self, recorded: "Recorded", status: "RunStatus") -> None:
        """Show what an event means for one agent, and pass it on to a client that asked for events."""
        event = recorded.body
        if self._server.client.orchestra:
            last = event.event == "run_finished"
            self._server.notify(EVENT, recorded.to_wire(), droppable=not last)
        match event.event:
            case "task_started":
                self._begin_agent(event.task_id, str(event.role), status)
            case "task_progressed" if agent := self._agents.get(event.task_id):
                agent.report(event.text, round(100 * event.done / event.total) if event.total else None)
            case "task_retried" if agent := self._agents.get(event.task_id):
                agent.report(f"waits: {event.reason}")
            case "plan_made":
                self._end_agent("plan", event.plan.summary)
            case "task_finished":
                self._end_agent(event.task_id, event.summary)
            case "task_failed":
                self._end_agent(event.task_id, f"failed: {event.reason}")

    def standing(self, status: "RunStatus") -> None:
        """Show how the run stands now."""
        if status.ended:
            return
        for task in status.tasks:
            if task.phase in ("done", "failed"):
                self._end_agent(task.task_id, task.text)
        if (status.text, status.percent) != self._shown:
            self._shown = (status.text, status.percent)
            self._progress.report(status.text, status.percent)
        if self._server.client.orchestra:
            self._server.notify(STATUS, status.to_wire(), key=(STATUS, self._run_id))

    def ended(self, status: "RunStatus", unsaved: int = 0) -> None:
        """Show how the run ended: progress goes, a message stays; ``unsaved`` files are only in the editor."""
        self._end_progress(_ENDS.get(status.phase, status.phase))
        if self._server.client.orchestra:
            self._server.notify(STATUS, status.to_wire(), droppable=False)
        self._say(_TYPES.get(status.phase, _WARNING), closing_message(status, unsaved))

    def broke_off(self, sentence: str, *, failed: bool = True) -> None:
        """Show that the run ended before, or without, a last word of its own."""
        self._end_progress("failed" if failed else "stopped")
        self._say(_ERROR if failed else _INFO, f"Orchestra: {sentence}")

    def _begin(self, title: str, message: str, task_id: str | None) -> WorkDoneProgress:
        return self._server.reporter.begin(
            title,
            message=message,
            percentage=0,
            on_cancel=self._on_cancel,
            name=progress_token(self._run_id, task_id),
            loud=False,
        )

    def _begin_agent(self, task_id: str, role: str, status: "RunStatus") -> None:
        if task_id not in self._agents:
            title = next((task.title for task in status.tasks if task.task_id == task_id), "planning")
            self._agents[task_id] = self._begin(role, title, task_id)

    def _end_agent(self, task_id: str, message: str) -> None:
        agent = self._agents.pop(task_id, None)
        if agent is not None:
            agent.end(message if len(message) <= 120 else f"{message[:119]}…")

    def _end_progress(self, message: str) -> None:
        for task_id in tuple(self._agents):
            self._end_agent(task_id, message)
        self._progress.end(message)

    def _say(self, kind: int, message: str) -> None:
        self._server.notify("window/showMessage", {"type": kind, "message": message})


def closing_message(status: "RunStatus", unsaved: int = 0) -> str:
    """Return the one message at the end of a run: its summary, what is to be saved, what did not land."""
    parts = [f"Orchestra: {status.summary or status.text}"]
    if unsaved:
        parts.append(f"{unsaved} of them {'is' if unsaved == 1 else 'are'} open and not saved yet.")
    failed = status.failed_edits
    if failed:
        named = "; ".join(failed[:_MOST_FAILED_EDITS])
        more = f" and {len(failed) - _MOST_FAILED_EDITS} more" if len(failed) > _MOST_FAILED_EDITS else ""
        parts.append(f"Not applied (kept in the run's log): {named}{more}.")
    return " ".join(parts)
