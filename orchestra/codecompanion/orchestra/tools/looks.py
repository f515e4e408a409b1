"""What each tool does: looks at the workspace and says in text what is there."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codecompanion.contracts.errors import BadAnswer, WorkspaceError
from codecompanion.contracts.ports import TestRunner, WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.edits.lines import numbered, split_lines, without_ending
from codecompanion.orchestra.tools.arguments import (
    Diagnostics,
    ListFiles,
    ReadFile,
    RunTests,
    SearchText,
    ToolArguments,
)
from codecompanion.orchestra.tools.globs import path_matcher
from codecompanion.orchestra.tools.search import Hits, literal_hits, regex_hits
from codecompanion.orchestra.workspace.paths import relative_path

_MOST_PATHS = 1000
_MOST_HITS = 200
_WIDEST_LINE = 500
_MOST_CHARACTERS_SEARCHED = 32_000_000


@dataclass(frozen=True, slots=True)
class Looks:
    """The tools themselves, for one workspace.

    Paths for which ``hidden`` is true can be listed, but neither read nor searched; ``shown`` is told each file
    that is read, and its text. Each look returns at most about ``room`` bytes, cut where a person would cut.
    Raises ``WorkspaceError`` and ``BadAnswer``.
    """

    view: WorkspaceView
    tests: TestRunner | None
    hidden: Callable[[str], bool]
    seconds_per_search: float
    monotonic: Callable[[], float] = time.monotonic
    shown: Callable[[str, str], None] = lambda path, text: None

    async def look(self, arguments: ToolArguments, room: int) -> str:
        """Do what the arguments ask for, off the loop where it touches the disk."""
        match arguments:
            case ListFiles():
                return await asyncio.to_thread(self._list_files, arguments, room)
            case ReadFile():
                return await asyncio.to_thread(self._read_file, arguments, room)
            case SearchText():
                return await self._search_text(arguments, room)
            case Diagnostics():
                return await asyncio.to_thread(self._diagnostics, arguments, room)
            case RunTests():
                return await self._run_tests(arguments, room)
        raise BadAnswer(f"{type(arguments).__name__} is no tool")

    # --- files ---

    def _list_files(self, asked: ListFiles, room: int) -> str:
        matches = path_matcher(asked.glob)
        paths = [path for path in self.view.files() if matches(path)]
        if not paths:
            return f"No file matches {asked.glob!r}." if asked.glob else "The workspace has no text files."
        shown = _fitting(paths[: min(asked.limit, _MOST_PATHS)], room - 400)
        if len(shown) == len(paths):
            return f"{_count(len(paths), 'file')}:\n" + "\n".join(shown)
        return (
            f"{len(shown)} of {len(paths)} files; give a folder or pattern to see fewer. "
            f"Files by folder: {_by_folder(paths)}.\n" + "\n".join(shown)
        )

    def _read_file(self, asked: ReadFile, room: int) -> str:
        path = self._path(asked.path)
        if self.hidden(path):
            raise WorkspaceError(
                f"{path!r} is not shown to you: work from the specification, not from its implementation"
            )
        text = self._text_of(path)
        self.shown(path, text)
        lines = [without_ending(line) for line in split_lines(text)]
        if not lines:
            return f"{path} is empty."
        first = asked.first_line
        if first > len(lines):
            raise WorkspaceError(f"{path!r} has only {len(lines)} lines; ask for lines up to that")
        wanted = lines[first - 1 : max(asked.last_line, first) if asked.last_line else None]
        shown = _fitting(numbered(wanted, first, _WIDEST_LINE).split("\n"), room - 200)
        last = first + len(shown) - 1
        more = f"\nThere is more: read on from first_line {last + 1}." if len(shown) < len(wanted) else ""
        return f"{path}, lines {first}-{last} of {len(lines)}:\n" + "\n".join(shown) + more

    def _path(self, path: str) -> str:
        """Forgive the forms models give to a relative path."""
        plain = path.strip().replace("\\", "/")
        return relative_path(plain.removeprefix(self.view.root.replace("\\", "/") + "/"))

    def _text_of(self, path: str) -> str:
        try:
            return self.view.read(path)
        except WorkspaceError as error:
            if self.view.exists(path):
                raise
            name = path.rpartition("/")[2].lower()
            alike = [known for known in self.view.files() if known.rpartition("/")[2].lower() == name][:5]
            hint = f"there is {', '.join(alike)}" if alike else "list_files shows what there is"
            raise WorkspaceError(f"{error} ({hint})") from None

    # --- search ---

    async def _search_text(self, asked: SearchText, room: int) -> str:
        limit = min(asked.limit, _MOST_HITS)
        texts = _Texts(self, asked.glob, self.monotonic() + self.seconds_per_search)
        if asked.is_regex:
            hits = await regex_hits(asked.pattern, iter(texts), limit, self.seconds_per_search)
        else:
            hits = Hits(await asyncio.to_thread(literal_hits, asked.pattern, iter(texts), limit))
        lines = _fitting([f"{hit.path}:{hit.line}: {hit.text}" for hit in hits.found], room - 400)
        return "\n".join([_search_heading(hits, len(lines), limit, texts), *lines])

    # --- problems and tests ---

    def _diagnostics(self, asked: Diagnostics, room: int) -> str:
        path = self._path(asked.path) if asked.path.strip() else None
        known = [line for line in self.view.diagnostics(path) if not self.hidden(line.partition(":")[0])]
        where = f" in {path}" if path else ""
        if not known:
            return f"The editor knows of no problems{where}."
        shown = _fitting(known, room - 200)
        more = f" (the first {len(shown)})" if len(shown) < len(known) else ""
        return f"{_count(len(known), 'problem')}{where}{more}:\n" + "\n".join(shown)

    async def _run_tests(self, asked: RunTests, room: int) -> str:
        if self.tests is None:
            raise BadAnswer("the tests cannot be run here")
        report = await self.tests.run(self.view, [self._path(path) for path in asked.files])
        return _report_text(report, room)


class _Texts:
    """The texts to search, read one by one until the deadline or the memory bound; ``stopped`` tells which."""

    def __init__(self, looks: Looks, glob: str, deadline: float) -> None:
        self._looks = looks
        self._glob = glob
        self._deadline = deadline
        self.stopped = ""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        matches = path_matcher(self._glob)
        characters = 0
        for path in self._looks.view.files():
            if not matches(path) or self._looks.hidden(path):
                continue
            if self._looks.monotonic() > self._deadline:
                self.stopped = "the time was up"
                return
            try:
                text = self._looks.view.read(path)
            except WorkspaceError:
                continue
            characters += len(text)
            if characters > _MOST_CHARACTERS_SEARCHED:
                self.stopped = "there is too much text"
                return
            yield path, text


def _search_heading(hits: Hits, shown: int, limit: int, texts: _Texts) -> str:
    stopped = "the pattern is too slow for some text; use a simpler one" if hits.timed_out else texts.stopped
    partly = f" Not everything was searched: {stopped}; narrow it with glob." if stopped else ""
    if not hits.found:
        return f"No line matches.{partly}"
    more = " There may be more." if shown < len(hits.found) or len(hits.found) == limit else ""
    return f"{_count(shown, 'line')} found:{more}{partly}"


def _report_text(report: TestReport, room: int) -> str:
    command = report.as_typed or "no command"
    if not report.ran:
        return f"No tests ran ({command}).\n{_tail(report.output, room - 300)}".strip()
    heading = f"{report.passed} passed, {report.failed} failed, exit code {report.exit_code} ({command})."
    failures = _fitting([f"failed: {failure}" for failure in report.failures], room // 3)
    output = _tail(report.output, room - 300 - sum(map(len, failures)))
    return "\n".join([heading, *failures, "Output:", output])


def _tail(text: str, room: int) -> str:
    """Return the end of a text: test runners say last what matters most."""
    data = text.encode(errors="replace")
    if len(data) <= room:
        return text
    return "…" + data[-max(room, 0) :].decode(errors="ignore")


def _fitting(lines: list[str], room: int) -> list[str]:
    """Return as many of the first lines as fit into ``room`` bytes, one at least."""
    used = 0
    for index, line in enumerate(lines):
        used += len(line.encode(errors="replace")) + 1
        if used > room and index > 0:
            return lines[:index]
    return lines


def _by_folder(paths: list[str]) -> str:
    folders = Counter(path.partition("/")[0] + "/" if "/" in path else "(top)" for path in paths)
    shown = [f"{folder} {count}" for folder, count in folders.most_common(10)]
    return ", ".join(shown) + (", …" if len(folders) > 10 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
