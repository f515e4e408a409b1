"""Answers about runs as lines for a person at a terminal. Pure; the caller makes them harmless to show."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from codecompanion.contracts.wording import counted
from codecompanion.orchestra.replay.moments import spoken_time
from codecompanion.server.runs.answers import (
    LogChecks,
    RunComparison,
    RunList,
    RunMoment,
    RunStory,
    ToldConversation,
    ToldDocument,
)
from codecompanion.server.runs.entries import DAMAGED, RunEntry
from codecompanion.server.settings.redaction import one_line

WIDEST = 60


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as columns beneath a head."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


def when(at: float, zone: tzinfo | None = None) -> str:
    """Return a moment as date and minute."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M") if at else "unknown"


def clock(at: float, zone: tzinfo | None = None) -> str:
    """Return a moment's time of day, to the hundredth of a second."""
    return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S.%f")[:-4]


def listed(runs: RunList) -> list[str]:
    """Return the table of runs, oldest first."""
    if not runs.runs:
        return [f"There is no run in {runs.workspace} yet."]
    head = ("run", "begun", "state", "tests", "cost", "what was asked")
    return table(head, [_row(run) for run in runs.runs])


def _row(run: RunEntry) -> tuple[str, ...]:
    if run.state == DAMAGED:
        return (run.run_id, when(run.started_at), DAMAGED, "", "", one_line(run.damage, WIDEST))
    tests = "none" if run.tests_passed is None else f"{run.tests_passed} passed, {run.tests_failed} failed"
    cost = "unknown" if run.cost is None else f"${run.cost:.4f}"
    state = f"{run.state}, archived" if run.archived else run.state
    return (run.run_id, when(run.started_at), state, tests, cost, one_line(run.title, WIDEST))


def story(found: RunStory) -> list[str]:
    """Return what happened, a line an event."""
    if not found.events:
        return ["Nothing in this run fits what was asked for."]
    width = len(str(found.events[-1].version))
    return [f"{one.version:>{width}}  {clock(one.at)}  {one_line(one.text, 400)}" for one in found.events]


def moment(seen: RunMoment, *, full: bool = False) -> Iterator[str]:
    """Yield a run as it was: plan, tasks, what was said, what it had cost, and the documents."""
    status = seen.status
    yield f"Run {seen.run_id} after event {seen.version} of {seen.last_version}, {spoken_time(seen.at)}"
    yield f"State: {status.phase}, {status.percent} %: {one_line(status.text)}"
    yield from _plan(seen)
    yield from _spending(seen)
    yield ""
    yield "What was said:" if seen.conversations else "Nothing had been said yet."
    for one in seen.conversations:
        yield from _conversation(one, full=full)
    yield ""
    yield "Documents:" if seen.documents else "No document had been touched."
    for document in seen.documents:
        yield from _document(document)


def _plan(seen: RunMoment) -> Iterator[str]:
    if seen.plan is None:
        yield "Plan: none yet"
        return
    yield f"Plan: {one_line(seen.plan.summary)}"
    for task in seen.status.tasks:
        said = f": {one_line(task.text)}" if task.text and task.text != task.phase else ""
        yield f"  {task.phase:<8} {task.task_id}  {task.role}: {one_line(task.title)}{said}"


def _spending(seen: RunMoment) -> Iterator[str]:
    status = seen.status
    tests = (
        "none had run"
        if status.tests_passed is None
        else f"{status.tests_passed} passed, {status.tests_failed} failed"
    )
    cost = "at an unknown price" if status.cost is None else f"${status.cost:.4f}"
    yield f"Tests: {tests}"
    yield f"Spent: {status.input_tokens:,} tokens in, {status.output_tokens:,} out, {cost}"


def _conversation(one: ToldConversation, *, full: bool) -> Iterator[str]:
    yield f"  {one.role}, task {one.task_id}:"
    for turn in one.turns:
        if full:
            yield f"    [{turn.version}] {turn.speaker} {one_line(turn.name, 200)}:"
            yield from (f"      {line}" for line in turn.text.splitlines())
        else:
            yield f"    [{turn.version}] {turn.speaker} {one_line(turn.name, 60)}: {one_line(turn.text, 100)}"


def _document(one: ToldDocument) -> Iterator[str]:
    place = " (open in the editor)" if one.shown_in_editor else ""
    typed = f", {one.typed} recorded changes" if one.typed else ""
    yield f"  {one.sha256[:16] if one.exists else 'not there':<16}  {one.path}{place}{typed}"
    yield from (f"    not sure: {problem}" for problem in one.problems)


def difference(found: RunComparison) -> Iterator[str]:
    """Yield how two runs differ: the measures side by side, then the files as unified diffs."""
    rows = [(m.measure, one_line(m.one, 48), one_line(m.other, 48)) for m in found.measures]
    yield from table(("", found.one, found.other), rows)
    yield ""
    if found.same_files:
        yield f"The same in both: {', '.join(found.same_files)}"
    if not found.files:
        yield "Both left the same files."
    for file in found.files:
        yield from file.diff.splitlines()


def checks(found: LogChecks) -> Iterator[str]:
    """Yield one line a run, then what is to be said of the log as a whole."""
    for check in found.runs:
        verdict = "; ".join(check.problems) or f"in order, {counted(check.events, 'event')}"
        yield f"{check.run_id}: {verdict}"
    yield from (f"{run_id}: removed by the clean-up" for run_id in found.removed)
    yield from found.problems
    yield "Nothing was altered or lost." if found.sound else "The log was altered, or events were lost."
