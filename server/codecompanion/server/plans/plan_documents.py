"""The plan documents of an editor's session: opened for the person, and read back when they are saved."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.places import real_path
from codecompanion.server.editor.showing import show_document
from codecompanion.server.plans.plan_files import FOLDER, plan_file, write_plan
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.errors import RequestFailed
from codecompanion.server.wire.uris import BadUri, path_from_uri, uri_from_path

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.session import Session

_ERROR = 1


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a run's document is known to say: ``text``, as it was written or last taken in.

    ``beneath`` is what the editor had open when the file was written beneath it. Until that is reloaded or
    changed it says nothing of the person's: not every editor notices that a file has changed.
    """

    text: str
    beneath: OpenDocument | None = None

    def covers(self, document: OpenDocument) -> bool:
        """Whether there is nothing in a document that the person changed since."""
        return document.text == self.text or document is self.beneath


class PlanDocuments:
    """Ties a plan document to its run. What the person has open counts before what was recorded."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._taken: dict[str, _Taken] = {}

    @property
    def in_use(self) -> bool:
        """Whether a plan was written as a document in this session."""
        return bool(self._taken)

    async def show(self, run: LiveRun) -> dict[str, Any]:
        """Write the run's plan anew and let the editor show it; raises ``OrchestraError``."""
        engine = run.loaded_engine()
        path = self._path(run)
        uri = uri_from_path(str(path))
        text = await self._write(run, engine, path, uri)
        shown = await show_document(self._session, uri)
        if not shown:
            self._session.say(f"the plan is in {path}; change it there, and save")
        self._session.lenses_changed()
        return {"runId": run.run_id, "uri": uri, "file": str(path), "text": text, "shown": shown}

    async def _write(self, run: LiveRun, engine: "Engine", path: Path, uri: str) -> str:
        """Write the plan as it is recorded, unless the person is changing it; returns its recorded text."""
        text = await engine.plan_text(run.run_id)
        document = self._session.documents.get(uri)
        if document is None or self._unchanged(run, document):
            await asyncio.to_thread(write_plan, path, text)
            self._taken[run.run_id] = _Taken(text, beneath=document)
        return text

    async def rewrite(self, run: LiveRun) -> None:
        """Bring the run's document up to date, if there is one."""
        if run.run_id in self._taken and run.engine is not None:
            path = self._path(run)
            await self._write(run, run.engine, path, uri_from_path(str(path)))

    def run_of(self, uri: str) -> LiveRun | None:
        """Return the run whose plan a document is."""
        try:
            path = Path(path_from_uri(uri))
        except BadUri:
            return None
        run = self._session.runs.get(path.stem) if path.parent.name == FOLDER else None
        if run is None or run.engine is None:
            return None
        return run if real_path(str(self._path(run))) == real_path(str(path)) else None

    async def saved(self, uri: str) -> None:
        """Take in a plan that the person saved; what cannot be read is shown on its line."""
        run = self.run_of(uri)
        if run is not None and not run.ended:
            await self._take(run, uri)

    async def take_open(self, run: LiveRun) -> None:
        """Take in the run's plan as it stands in the editor, saved or not; raises ``RequestFailed``."""
        uri = uri_from_path(str(self._path(run)))
        trouble = await self._take(run, uri)
        if trouble:
            raise RequestFailed(f"{trouble}; mend the plan first, or close it")

    async def _take(self, run: LiveRun, uri: str) -> str:
        """Record what the person changed in the document; returns why it cannot be taken, empty when it is."""
        document = self._session.documents.get(uri)
        if document is None or run.engine is None or self._unchanged(run, document):
            return ""
        try:
            await run.engine.edit_plan_text(run.run_id, document.text)
        except OrchestraError as problem:
            self._mark(document.uri, document.version, getattr(problem, "line", 0), str(problem))
            return str(problem)
        self._taken[run.run_id] = _Taken(document.text)
        self._clear(document.uri)
        return ""

    def _unchanged(self, run: LiveRun, document: OpenDocument) -> bool:
        taken = self._taken.get(run.run_id)
        return taken is not None and taken.covers(document)

    def closed(self, uri: str) -> None:
        """Take back what is marked in a document that was closed."""
        if self._taken and self.run_of(uri) is not None:
            self._clear(uri)

    def _mark(self, uri: str, version: int | None, line: int, message: str) -> None:
        place = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
        problem = {"range": place, "severity": _ERROR, "source": "orchestra", "message": message}
        known = {} if version is None else {"version": version}
        self._publish({"uri": uri, "diagnostics": [problem], **known})

    def _clear(self, uri: str) -> None:
        self._publish({"uri": uri, "diagnostics": []})

    def _publish(self, params: dict[str, Any]) -> None:
        self._session.server.notify("textDocument/publishDiagnostics", params)

    def _path(self, run: LiveRun) -> Path:
        workspace = self._session.workspaces.found(run.work.folder)
        if workspace is None:
            raise RequestFailed(f"the folder of run {run.run_id} is not open any more")
        return plan_file(workspace.database.path.parent, run.run_id)
