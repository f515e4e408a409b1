"""Reads the runs of one log, whoever owns it; nothing is ever written here."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Recorded, RunForked
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import BlobStore
from codecompanion.contracts.session_events import SESSIONS
from codecompanion.contracts.wording import counted
from codecompanion.memory.records.ended_runs import EndedRun, ended_runs
from codecompanion.memory.typing_stream import typing_begins_after
from codecompanion.memory.whole_streams import accounts, positions, streams
from codecompanion.orchestra.replay.documents import texts_wanted
from codecompanion.orchestra.replay.moments import Moment, moment_of
from codecompanion.orchestra.replay.replay import Material, Replayed, document_events, replay
from codecompanion.orchestra.replay.run_notes import RunNotes, run_notes
from codecompanion.orchestra.replay.typing_cut import as_typing
from codecompanion.orchestra.runs.contexts import completed
from codecompanion.server.runs.answers import LogChecks, RunCheck
from codecompanion.server.runs.entries import DAMAGED, RunEntry, damaged_entry, ended_entry, entry_of

Answer = TypeVar("Answer")

MOST_FORKS_DEEP = 20
"""A fork of a fork of a fork …: further back than this nothing is looked for."""


class ReadableLog(Protocol):
    """The reading half of an event store."""

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one stream's events in order; raises when they cannot all be read."""
        ...

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first."""
        ...

    async def verify(self, run_id: RunId) -> list[str]:
        """Return what was altered or lost in a stream, as sentences."""
        ...

    async def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Answer a question about whole streams."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """Where the texts are that events name by their hash."""
        ...


class RunReader:
    """Answers what there is in a log and what each run of it was."""

    def __init__(self, log: ReadableLog) -> None:
        self.log = log

    async def notes(self) -> RunNotes:
        """Return what is known of whole runs."""
        return run_notes(await self.log.read(SESSIONS))

    async def entries(self, *, archived: bool = False) -> list[RunEntry]:
        """Return a line for each run, oldest first; a damaged one never hides the others.

        Ended runs are taken from their table where it has them in full: what was altered in one of those since
        shows only in `entries_from_log`.
        """
        return await self._entries(await self.log.ask(ended_runs), archived=archived)

    async def entries_from_log(self, *, archived: bool = False) -> list[RunEntry]:
        """Return the same lines from the runs' whole histories, which takes as long as reading all the log."""
        return await self._entries({}, archived=archived)

    async def _entries(self, ended: Mapping[RunId, EndedRun], *, archived: bool) -> list[RunEntry]:
        notes = await self.notes()
        found = []
        for run_id in await self._run_ids():
            if run_id in notes.removed or (run_id in notes.archived and not archived):
                continue
            known = ended_entry(ended[run_id], notes) if run_id in ended else None
            found.append(known if known and run_id not in notes.set_aside else await self._entry(run_id, notes))
        return found

    async def _run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first; then those that have lost even their first event."""
        known = await self.log.run_ids()
        beheaded = set(await self.log.ask(streams)).difference(known)
        return [*known, *sorted(name for name in beheaded if not name.startswith("~"))]

    async def _entry(self, run_id: RunId, notes: RunNotes) -> RunEntry:
        if run_id in notes.set_aside:
            return damaged_entry(run_id, "", notes)
        try:
            history = await self.log.read(run_id)
            return await asyncio.to_thread(entry_of, run_id, history, notes)
        except (OrchestraError, ValueError) as fault:
            return damaged_entry(run_id, str(fault), notes)

    async def entry(self, run_id: RunId) -> RunEntry:
        """Return the line of one run, archived or not; raises ``BadRequest`` for an unknown one."""
        notes = await self.notes()
        await self._demand_known(run_id, notes)
        return await self._entry(run_id, notes)

    async def pick(
        self, run_id: RunId | None, *, want: str = "", archived: bool = False, here: bool = False
    ) -> RunId:
        """Return the run meant, by its id or its beginning; None is the newest, of state ``want`` if given.

        ``archived`` looks for the newest in the archive, ``here`` among those whose files are the folder's own:
        no fork's and no imported run's. Raises ``BadRequest`` for none, or for several.
        """
        if run_id is None:
            entries = [one for one in await self.entries(archived=archived) if one.state != DAMAGED]
            newest = [one for one in entries if want in ("", one.state) and one.archived >= archived]
            newest = [one for one in newest if not (here and one.origin)]
            if not newest:
                raise BadRequest(
                    f"there is no {want} run in this log" if want else "there is no run in this log yet"
                )
            return _by_time(newest)[-1].run_id
        known = await self._run_ids()
        if run_id in known:
            return run_id
        starting = [one for one in known if one.startswith((run_id, f"run-{run_id}"))]
        if len(starting) == 1:
            return starting[0]
        await self._demand_known(run_id, await self.notes(), several=starting)
        raise AssertionError("an unknown run was refused above")

    async def last_but_one(self) -> RunId:
        """Return the run that was the newest before the newest one; raises ``BadRequest`` without two runs."""
        usable = [one for one in await self.entries() if one.state != DAMAGED]
        if len(usable) < 2:
            raise BadRequest("there are not two runs in this log that could be compared")
        return _by_time(usable)[-2].run_id

    async def _demand_known(self, run_id: RunId, notes: RunNotes, several: Sequence[RunId] = ()) -> None:
        known = await self._run_ids()
        if run_id in notes.removed:
            gone = notes.removed[run_id]
            raise BadRequest(f"run {run_id!r} was removed by the clean-up: {gone.reason}")
        if run_id not in known:
            some = ", ".join([*several, *known][-5:]) or "none yet"
            what = "several runs begin with" if several else "unknown run"
            raise BadRequest(f"{what} {run_id[:80]!r}; known: {some}")

    async def history(self, run_id: RunId) -> list[Recorded]:
        """Return a run's events, those of before there were contexts with theirs.

        Raises ``BadRequest`` for an unknown run, ``OrchestraError`` for damage.
        """
        await self._demand_known(run_id, await self.notes())
        try:
            return completed(await self.log.read(run_id))
        except ValueError as fault:
            raise OrchestraError(f"run {run_id!r} is damaged: {fault}") from fault

    async def material(self, run_id: RunId) -> Material:
        """Return all that a replay of the run is made from."""
        bare = await self._bare(run_id, MOST_FORKS_DEEP)
        wanted = texts_wanted([*bare.earlier, *bare.typing])
        return Material(run_id, bare.history, bare.typing, bare.earlier, await self.kept_texts(wanted))

    async def _bare(self, run_id: RunId, deep: int) -> Material:
        history = await self.history(run_id)
        forked = [one.body for one in history if isinstance(one.body, RunForked)]
        if forked:
            return Material(run_id, history, earlier=await self._earlier(forked[-1], deep))
        if run_id in (await self.notes()).imported:
            # what was typed here has nothing to do with it
            return Material(run_id, history)
        return Material(run_id, history, await self.typing())

    async def typing(self) -> list[Recorded]:
        """Return what was typed, oldest first; what stands for its removed beginning comes before that."""
        typing = await self.log.read(DOCUMENTS)
        cuts = (await self.notes()).typing_cuts if typing and typing[0].version > 1 else {}
        return [*(as_typing(cuts[one]) for one in cuts if one == typing[0].version - 1), *typing]

    async def _earlier(self, forked: RunForked, deep: int) -> list[Recorded]:
        """Return what led to the documents a fork began with; nothing where its origin is gone."""
        if deep == 0:
            return []
        try:
            origin = await self._bare(forked.origin, deep - 1)
        except OrchestraError:
            return []
        at = next((one.at for one in origin.history if one.version == forked.version), 0.0)
        return document_events(origin, Moment(forked.version, at))

    async def kept_texts(self, wanted: Iterable[str]) -> dict[str, str]:
        """Return those of the texts that are there, by their hash."""
        texts: dict[str, str] = {}
        for sha256 in wanted:
            try:
                content = await self.log.blobs.get(sha256)
            except OrchestraError:
                continue  # the document whose text it is says so
            texts[sha256] = content.decode("utf-8", "surrogatepass")
        return texts

    async def replayed(self, run_id: RunId, to: str | None = None) -> Replayed:
        """Return a run as it was at a moment; raises ``BadRequest`` and ``OrchestraError``."""
        material = await self.material(run_id)
        moment = moment_of(material.history, to)
        return await asyncio.to_thread(replay, material, moment)

    async def checks(self, workspace: str, only: RunId | None = None) -> LogChecks:
        """Return whether anything in the log, or in one run, was altered or lost."""
        streams = await self.log.ask(accounts)
        checked = [
            RunCheck(run_id=one.run_id, events=one.events, problems=tuple(await self.log.verify(one.run_id)))
            for one in streams
            if only in (None, one.run_id)
        ]
        if only is not None:
            return LogChecks(workspace=workspace, runs=tuple(checked), removed=(), problems=())
        there = {one.run_id for one in streams}
        try:
            notes = await self.notes()
        except OrchestraError:
            notes = RunNotes()  # its own line says what is wrong with it
        removed = {run_id: gone for run_id, gone in notes.removed.items() if run_id not in there}
        cut = (await self.log.ask(typing_begins_after)).version
        problems = await self._lost(cut + sum(gone.events for gone in removed.values()))
        return LogChecks(
            workspace=workspace, runs=tuple(checked), removed=tuple(removed), problems=tuple(problems)
        )

    async def _lost(self, accounted: int) -> list[str]:
        """Return what is gone from the log as a whole: every place in it that was given out held an event."""
        places = await self.log.ask(positions)
        lost = places.given - places.held - accounted
        if lost <= 0:
            return []
        are, them = ("is", "it") if lost == 1 else ("are", "them")
        return [f"{counted(lost, 'event')} {are} gone from the log, and no clean-up accounts for {them}"]


def _by_time(entries: Iterable[RunEntry]) -> list[RunEntry]:
    """Return runs by when something happened in them last; of a run and its copy the copy comes later."""
    return sorted(entries, key=lambda one: one.updated_at)
