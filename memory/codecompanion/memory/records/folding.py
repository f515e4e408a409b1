"""What one event of the log changes in the tables that are derived from it."""

from collections.abc import Callable

from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts.records import MOST_TEXT, TimelineEntry
from codecompanion.memory.records.products import fold_products
from codecompanion.memory.records.rows import Rows
from codecompanion.memory.records.sessions import fold_log_event, fold_session
from codecompanion.memory.records.tables import TIMELINE
from codecompanion.memory.records.work import fold_work

RULES = 2
"""Counts the changes of these rules: tables made by other ones are made anew."""

Tell = Callable[[e.Event], str]
"""Says what happened in an event, in a sentence."""

UNLISTED = (
    e.TaskProgressed,
    e.AgentAsked,
    e.FileShown,
    e.BaseKept,
    d.DocumentOpened,
    d.DocumentChanged,
    d.DocumentSaved,
    d.DocumentClosed,
)
"""Events too small or too frequent for a timeline."""


def fold(rows: Rows, one: e.Recorded, tell: Tell) -> None:
    """Bring all tables up to date with one more event."""
    if one.run_id.startswith("~"):
        fold_log_event(rows, one)
    else:
        fold_products(rows, one)
        fold_work(rows, one)
        fold_session(rows, one)
    if not isinstance(one.body, UNLISTED):
        rows.put(TIMELINE, _entry(one, tell))


def _entry(one: e.Recorded, tell: Tell) -> TimelineEntry:
    return TimelineEntry(
        position=one.position,
        run_id=one.run_id,
        version=one.version,
        at=one.at,
        actor=one.context.actor,
        correlation_id=one.context.correlation_id,
        event=one.body.event,
        task_id=getattr(one.body, "task_id", ""),
        text=tell(one.body)[:MOST_TEXT],
    )
