"""The histories of files, folded from a folder's log and kept up to date with it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from codecompanion.contracts.edits import RenameFile
from codecompanion.contracts.events import EditProposed, Recorded
from codecompanion.contracts.ids import EditId, RunId
from codecompanion.memory.event_rows import last_position
from codecompanion.memory.file_events import events_of_file, forked_runs
from codecompanion.orchestra.edits.lines import split_lines, without_ending
from codecompanion.orchestra.provenance.file_history import AgentEdit, FileHistory
from codecompanion.orchestra.provenance.line_authors import PERSON, Author, LineAuthors
from codecompanion.orchestra.provenance.stamps import Stamp, stamps_of
from codecompanion.orchestra.replay.documents import texts_wanted
from codecompanion.orchestra.replay.typing_cut import with_cuts_in_place
from codecompanion.server.provenance.answers import Blame, BlamedLine, Origin, origin_of
from codecompanion.server.runs.reader import RunReader

MOST_KEPT = 100
"""Files whose history is kept at hand."""


@dataclass(slots=True)
class _Folded:
    """A file's history up to a place of the log."""

    history: FileHistory
    texts: dict[str, str]
    end: int = 0


@dataclass(slots=True)
class FileAuthors:
    """Answers who wrote the lines of a folder's files; one for a folder, on one event loop.

    The log is read by whoever asks, so that it may be another process's; what was folded of it is kept.
    """

    _folded: dict[str, _Folded] = field(default_factory=dict)
    _forked: set[RunId] = field(default_factory=set)
    _forked_end: int = 0
    _ended: dict[RunId, dict[EditId, Stamp]] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _following: set[str] = field(default_factory=set)

    async def history(self, reader: RunReader, path: str) -> FileHistory:
        """Return a file's history up to the end of the log, to be used before another one is asked for."""
        async with self._one_at_a_time:
            return await self._history(reader, path)

    async def _history(self, reader: RunReader, path: str) -> FileHistory:
        texts: dict[str, str] = {}
        known = self._folded.pop(path, None) or _Folded(FileHistory(path, texts, self._moved_out), texts)
        end = await reader.log.ask(last_position)
        if end != known.end:
            await self._catch_up(reader, path, known)
            known.end = end
        self._folded[path] = known
        while len(self._folded) > MOST_KEPT:
            del self._folded[next(iter(self._folded))]
        return known.history

    async def _catch_up(self, reader: RunReader, path: str, known: _Folded) -> None:
        """Take in what came into the log since."""
        elsewhere = await self._elsewhere(reader)
        events = await reader.log.ask(partial(events_of_file, path=path, after=known.end))
        known.texts.update(await reader.kept_texts(texts_wanted(events)))
        for one in events:
            await self._follow_name(reader, path, one)
        here = [one for one in events if one.run_id not in elsewhere]
        if known.end == 0:
            # only who heard the typing before it was removed still knows it
            here = with_cuts_in_place(here)
        await asyncio.to_thread(known.history.take_all, here)

    async def _follow_name(self, reader: RunReader, path: str, one: Recorded) -> None:
        """Where an agent gave a file this name, look up what it was under the one before."""
        edit = one.body.edit if isinstance(one.body, EditProposed) else None
        if isinstance(edit, RenameFile) and edit.to == path and edit.path not in self._following:
            self._following.add(path)
            await self._history(reader, edit.path)
            self._following.discard(path)

    def _moved_out(self, path: str, edit_id: EditId) -> tuple[AgentEdit, LineAuthors] | None:
        known = self._folded.get(path)
        return None if known is None else known.history.moved_out.get(edit_id)

    async def _elsewhere(self, reader: RunReader) -> frozenset[RunId]:
        """Return the runs of the log that did not work in this folder."""
        end = await reader.log.ask(last_position)
        self._forked |= await reader.log.ask(partial(forked_runs, after=self._forked_end))
        self._forked_end = end
        return frozenset(self._forked) | frozenset((await reader.notes()).imported)

    async def authors(self, reader: RunReader, path: str, text: str) -> list[Author]:
        """Return the author of each line of what a file holds now."""
        async with self._one_at_a_time:
            history = await self._history(reader, path)
            return await asyncio.to_thread(history.authors_of, text)

    async def origin_of_line(self, reader: RunReader, path: str, text: str, line: int) -> Origin | None:
        """Return what stands behind a line, counted from 0; None where no agent wrote it."""
        authors = await self.authors(reader, path, text)
        author = authors[line] if line < len(authors) else None
        return await self._origin(reader, path, author, authors.count(author)) if _is_edit(author) else None

    async def stamp(self, reader: RunReader, path: str, edit_id: EditId) -> Stamp | None:
        """Return what stands behind an edit of a file."""
        async with self._one_at_a_time:
            proposed = (await self._history(reader, path)).proposal(edit_id)
        if proposed is None:
            return None
        return (await self._stamps(reader, proposed.run_id)).get(edit_id)

    async def _stamps(self, reader: RunReader, run_id: RunId) -> dict[EditId, Stamp]:
        if run_id in self._ended:
            return self._ended[run_id]
        events = await reader.history(run_id)
        stamps = await asyncio.to_thread(stamps_of, events)
        if events[-1].body.event == "run_finished":
            self._ended[run_id] = stamps
        return stamps

    async def blame(self, reader: RunReader, workspace: str, path: str, text: str) -> Blame:
        """Return a file line by line, with what stands behind each of its lines."""
        authors = await self.authors(reader, path, text)
        origins = [
            await self._origin(reader, path, *one) for one in Counter(authors).items() if _is_edit(one[0])
        ]
        lines = tuple(
            BlamedLine(line=number, by=author or "", text=without_ending(line))
            for number, (line, author) in enumerate(zip(split_lines(text), authors, strict=True), 1)
        )
        known = sorted((one for one in origins if one is not None), key=lambda one: one.at)
        return Blame(workspace=workspace, path=path, lines=lines, origins=tuple(known))

    async def _origin(self, reader: RunReader, path: str, author: Author, lines: int) -> Origin | None:
        stamp = await self.stamp(reader, path, author) if author else None
        return None if stamp is None else origin_of(stamp, lines)


def _is_edit(author: Author) -> bool:
    return author is not None and author != PERSON
