"""Removing old runs: which ones, by a rule anyone can read, and saying so in the log before it is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.session_events import RunRemoved
from codecompanion.contracts.status import ENDED
from codecompanion.contracts.wording import counted
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.whole_streams import Account, accounts, last_link, remove_stream
from codecompanion.server.runs import typing_cut
from codecompanion.server.runs.answers import RunGone, RunsCleaned
from codecompanion.server.runs.entries import RunEntry
from codecompanion.server.runs.fork_folder import FORKS, remove_fork_folder
from codecompanion.server.runs.keeping import note
from codecompanion.server.runs.reader import RunReader

_DAY = 86_400.0
_MEGABYTE = 1_000_000
_TYPING = "what was typed"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long ended runs are kept, in days, and how many megabytes all runs may take."""

    keep_days: int
    keep_megabytes: int


@dataclass(frozen=True, slots=True)
class Removal:
    """A run that is to go, or the beginning of the typing, and why."""

    run_id: RunId
    title: str
    events: int
    reason: str


def removals(
    entries: Iterable[RunEntry], taken: Iterable[Account], policy: Policy, now: float
) -> list[Removal]:
    """Return which runs are to go, the oldest first. Pure.

    Only ended runs go: never an open or a damaged one. By age go those that are not archived; where all runs
    together take too much, the oldest go until they do not, archived ones after all others.
    """
    sizes = {account.run_id: account for account in taken}
    ended = sorted((run for run in entries if run.state in ENDED), key=lambda run: run.updated_at)
    before = now - policy.keep_days * _DAY
    old = [run for run in ended if run.updated_at < before and not run.archived]
    going = {run.run_id: f"it ended more than {counted(policy.keep_days, 'day')} ago" for run in old}
    left = sum(account.characters for name, account in sizes.items() if name not in going and _is_run(name))
    for run in sorted(ended, key=lambda run: (run.archived, run.updated_at)):
        if left <= policy.keep_megabytes * _MEGABYTE:
            break
        if run.run_id not in going:
            going[run.run_id] = f"all runs together took more than {policy.keep_megabytes} MB"
            left -= sizes[run.run_id].characters
    return [
        Removal(run.run_id, run.title, sizes[run.run_id].events, going[run.run_id])
        for run in ended
        if run.run_id in going
    ]


def _is_run(stream: RunId) -> bool:
    return not stream.startswith("~")


async def clean(store: SqliteEventStore, policy: Policy, now: float, data_folder: Path) -> list[Removal]:
    """Remove what is to go, and return it."""
    await finish_removals(store, data_folder)
    going = await planned(store, policy, now)
    await remove(store, going, data_folder)
    return going


async def planned(store: SqliteEventStore, policy: Policy, now: float) -> list[Removal]:
    """Return which runs of a log are to go."""
    entries = await RunReader(store).entries_from_log(archived=True)
    runs = removals(entries, await store.ask(accounts), policy, now)
    return [*runs, *await _typing_to_go(store, policy, now, runs)]


async def _typing_to_go(
    store: SqliteEventStore, policy: Policy, now: float, runs: Sequence[Removal]
) -> list[Removal]:
    """Return the typing that is to go: by age, or all that no kept run needs, where that takes too much."""
    before = now - policy.keep_days * _DAY
    old, unneeded = await typing_cut.removable(store, before, {run.run_id for run in runs})
    if unneeded.characters > policy.keep_megabytes * _MEGABYTE:
        reason = f"it took more than {policy.keep_megabytes} MB, and no run that is kept needs it"
        return [Removal(DOCUMENTS, _TYPING, unneeded.events, reason)]
    if old.events >= typing_cut.LEAST:
        reason = f"it is older than {policy.keep_days} days, and no run that is kept needs it"
        return [Removal(DOCUMENTS, _TYPING, old.events, reason)]
    return []


async def remove(store: SqliteEventStore, going: Sequence[Removal], data_folder: Path) -> None:
    """Remove runs, each noted before it goes, so that a check can tell it from a lost one."""
    for run in going:
        if run.run_id == DOCUMENTS:
            await typing_cut.cut(store, run.events, run.reason)
            continue
        link = await store.ask(partial(last_link, run_id=run.run_id))
        gone = RunRemoved(run_id=run.run_id, reason=run.reason, events=run.events, last_link=link)
        await note(store, gone, "orchestra")
        await _remove(store, run.run_id, data_folder)


async def finish_removals(store: SqliteEventStore, data_folder: Path) -> None:
    """Remove what an earlier clean-up had noted and did not come to, because its program ended."""
    removed = (await RunReader(store).notes()).removed
    for account in await store.ask(accounts) if removed else ():
        if account.run_id in removed:
            await _remove(store, account.run_id, data_folder)
    await typing_cut.finish_cut(store)


async def _remove(store: SqliteEventStore, run_id: RunId, data_folder: Path) -> None:
    await store.change(partial(remove_stream, run_id=run_id))
    remove_fork_folder(data_folder / FORKS / run_id)


def answer(going: Iterable[Removal], *, removed: bool) -> RunsCleaned:
    """Return what goes, or would go, for the wire."""
    runs = (RunGone(run_id=run.run_id, title=run.title, events=run.events, reason=run.reason) for run in going)
    return RunsCleaned(removed=removed, runs=tuple(runs))


def told(going: Sequence[Removal]) -> str:
    """Return the one sentence for the person."""
    reasons = dict.fromkeys(run.reason for run in going)
    runs = sum(run.run_id != DOCUMENTS for run in going)
    what = [counted(runs, "old run")] if runs else []
    what += [_TYPING] if runs < len(going) else []
    gone = f"{' and '.join(what)} removed from the log: {'; '.join(reasons)}"
    return f"{gone}. `keepDays` and `keepMegabytes` say how much is kept"
