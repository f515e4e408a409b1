"""One editor's session: what it shows, which runs are under way, and how commands reach them.

Nothing heavy is imported here; the engine is loaded, off the loop, when the first run needs it.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.errors import NotAgreed, OrchestraError
from codecompanion.contracts.ids import random_id
from codecompanion.server.editor.editor_settings import EditorSettings
from codecompanion.server.editor.folder_choice import choose_folder
from codecompanion.server.editor.live_runs import LiveRun, LiveRuns
from codecompanion.server.editor.offering import offer_statement
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.editor.places import folder_of, relative_to, same_folder
from codecompanion.server.editor.problems import KnownProblems
from codecompanion.server.editor.typing import Typing
from codecompanion.server.editor.work import Origin, Work, check_work
from codecompanion.server.editor.workspaces import Workspaces
from codecompanion.server.events import RunReporter, progress_token
from codecompanion.server.plans.asking import ask_about_plan, waits
from codecompanion.server.plans.plan_documents import PlanDocuments
from codecompanion.server.provenance.folder_authors import FolderAuthors
from codecompanion.server.requests.found_requests import FoundRequests
from codecompanion.server.review.folder_reviews import FolderReviews
from codecompanion.server.trust.editor_trust import EditorTrust
from codecompanion.server.trust.ledger import ledger_beside
from codecompanion.server.wire.folders import WorkspaceFolder
from codecompanion.server.wire.uris import path_from_uri

if TYPE_CHECKING:
    from codecompanion.contracts.edits import FileEdit
    from codecompanion.contracts.events import Recorded
    from codecompanion.server.runs.forking import ForkOrder
    from codecompanion.server.wire.server import OrchestraServer

log = logging.getLogger(__name__)

SHOW_WITHIN = 0.04
"""Seconds for which changes of a run's standing are gathered before they are shown."""
_TURNS = frozenset({"run_started", "run_reopened", "plan_made", "task_added", "task_started"})
"""The events after which how a run stands is looked up at once: it takes as long as a run has edits."""
LENSES_EVERY = 0.5
_HOW_TO_GO_ON = "`orchestra.resume` with {} goes on with it"
END_WITHIN = 1.0


class Session:
    """Ties the wire to the engine. Everything public returns at once or is awaited for milliseconds only."""

    def __init__(
        self,
        server: "OrchestraServer",
        *,
        environ: Mapping[str, str],
        user_file: Path | None,
        log_level: str | None = None,
    ) -> None:
        self.server = server
        self.started_at = time.time()
        self.documents = OpenDocuments(server.documents)
        self.typing = Typing(self.documents)
        self.problems = KnownProblems()
        self.comments = FoundRequests()
        self.runs = LiveRuns()
        self.settings = EditorSettings(server, environ, user_file, log_level=log_level)
        self.trust = EditorTrust(self, ledger_beside(user_file))
        self.workspaces = Workspaces(self)
        self.plans = PlanDocuments(self)
        self.authors = FolderAuthors(self)
        self.reviews = FolderReviews(self)
        self.looked = False
        """Whether it was looked for runs that an earlier session left open."""
        self._unshown: set[LiveRun] = set()
        self._lenses_due = False

    # -- where a command is meant

    def folder(self, workspace: str | None, uri: str | None) -> WorkspaceFolder:
        """Return the folder a command means; raises with the mend when that is not clear."""
        return choose_folder(self.server.folders, workspace=workspace, uri=uri, active=self.documents.active)

    def origin(self, uri: str | None, request: str) -> Origin | None:
        """Return where a request may have been written, for its lens; None when that is no open document."""
        document = self.documents.get(uri) if uri is not None else None
        return Origin(document.uri, request, document.language_id) if document else None

    def note_problems(self, uri: str, diagnostics: list[dict[str, Any]]) -> None:
        """Take in what the editor says is wrong with a document."""
        folder = folder_of(uri, self.server.folders)
        path = relative_to(folder, uri) if folder else None
        if path is not None and diagnostics:
            self.problems.note(uri, path, diagnostics)

    # -- runs

    async def start(self, work: Work) -> dict[str, Any]:
        """Begin a run and return what identifies it; raises ``OrchestraError`` for what cannot be begun."""
        await asyncio.to_thread(check_work, work)
        await self.workspaces.demand_owned(work.folder)
        return self._begin(random_id("run"), work)

    async def reopen(self, run_id: str, folder: WorkspaceFolder) -> dict[str, Any]:
        """Go on with a run of the folder's log that was interrupted; raises ``OrchestraError``."""
        workspace = await self.workspaces.owned(folder)
        request = await workspace.interrupted_request(run_id)
        return self._begin(run_id, Work(kind=None, request=request, folder=folder), reopened=True)

    def _begin(self, run_id: str, work: Work, *, reopened: bool = False) -> dict[str, Any]:
        stop = "it was cancelled in the editor"
        reporter = RunReporter(self.server, run_id, work.title, lambda: self.stop(run, stop))
        run = LiveRun(run_id, work, reporter, time.time(), reopened=reopened)
        self.runs.add(run)
        self.server.spawn(self._drive(run), f"run {run_id}")
        self.lenses_changed()
        return {"runId": run_id, "workspace": work.folder.path, "progressToken": progress_token(run_id)}

    async def fork(self, folder: WorkspaceFolder, order: "ForkOrder") -> dict[str, Any]:
        """Make a fork of a run of the folder's log and let it go on in a copy; raises ``OrchestraError``."""
        made = await (await self.workspaces.owned(folder)).make_fork(order)
        work = Work(kind=None, request="; ".join(made.changes) or f"fork of {made.origin}", folder=folder)
        more = {"origin": made.origin, "version": made.version, "folder": str(made.folder)}
        return {**self._begin(made.run_id, work, reopened=True), **more, "changes": list(made.changes)}

    def say(self, text: str) -> None:
        """Tell the person something that is no trouble."""
        self.server.notify("window/showMessage", {"type": 3, "message": f"Orchestra: {text}"})

    def warn(self, text: str) -> None:
        """Show the person one sentence."""
        self.server.notify("window/showMessage", {"type": 2, "message": f"Orchestra: {text}"})

    def under_way(self, run_id: str) -> bool:
        """Whether a run is at work, or paused, in this session."""
        run = self.runs.get(run_id)
        return run is not None and not run.ended

    async def approve(self, run: LiveRun) -> None:
        """Let a run carry out its plan as it stands in the editor; raises ``OrchestraError``."""
        await self.plans.take_open(run)
        if run.engine is not None:
            await run.engine.approve(run.run_id)

    async def stop(self, run: LiveRun, reason: str) -> None:
        """Stop a run wherever it is; nothing happens when it has ended."""
        if run.ended or run.stop_reason is not None:
            return
        run.stop_reason = reason
        if run.engine is None:
            self._end(run, f"Stopped: {reason}. No file was changed.", failed=False)
        else:
            await run.engine.stop(run.run_id, reason)

    async def _drive(self, run: LiveRun) -> None:
        """See a run from its command to its end; whatever happens, its progress ends."""
        try:
            await self._work(run)
        except asyncio.CancelledError:
            self._end(run, f"the server shuts down; {_HOW_TO_GO_ON.format(run.run_id)}", failed=False)
            raise
        except NotAgreed as refusal:
            run.stop_reason = run.stop_reason or "its cost was not agreed to"
            self._end(run, str(refusal), failed=False)
        except OrchestraError as problem:
            self._end(run, str(problem))
        except Exception:
            log.exception("run %s could not be driven", run.run_id)
            self._end(run, "an unexpected fault in Orchestra ended the run; the server's log has the details")

    async def _work(self, run: LiveRun) -> None:
        workspace = await self.workspaces.open(run.work.folder)
        if run.ended:
            return
        run.status = await workspace.drive(run)
        # the last events may still be on their way through the bus
        try:
            async with asyncio.timeout(END_WITHIN):
                await run.last_event_seen.wait()
        except TimeoutError:
            log.warning("the end of run %s was not heard of; going by its state", run.run_id)
        files = run.status.files if not run.fork_folder else ()
        unsaved = await asyncio.to_thread(workspace.unsaved, files)
        if not run.ended:
            run.ended = True
            run.reporter.ended(run.status, unsaved)
            if run.status.cost:
                self.server.spawn(offer_statement(self, run), f"offer the statement of {run.run_id}")
            if run.fork_folder:
                self.say(
                    f"the fork's files are in {run.fork_folder}; `orchestra.runsDiff` shows the difference"
                )
            self.lenses_changed()

    def recorded(self, recorded: "Recorded") -> None:
        """Take in what happened in any run of any workspace."""
        self.server.tracer.note(f"run {recorded.run_id}: {recorded.body.event}", recorded.to_wire)
        self.reviews.heard(recorded)
        run = self.runs.get(recorded.run_id)
        if run is None or run.engine is None or run.ended:
            return
        if run.status is None or recorded.body.event in _TURNS:
            run.status = run.engine.status(run.run_id)
        run.first_event_seen.set()
        run.reporter.recorded(recorded, run.status)
        if recorded.body.event == "edit_proposed" and (warning := self._suspicion(recorded.body.edit)):
            self.warn(warning)
        if recorded.body.event == "run_finished":
            run.last_event_seen.set()
        if recorded.body.event in ("plan_made", "run_reopened") and waits(run):
            self.server.spawn(ask_about_plan(self, run), f"ask about {run.run_id}")
        self._show_soon(run)

    def _suspicion(self, edit: "FileEdit") -> str:
        from codecompanion.orchestra.workspace.invisible_text import why_suspicious  # noqa: PLC0415 - not at start

        return why_suspicious(edit)

    def catch_up(self) -> None:
        """Show how the runs stand after events were missed."""
        for run in self.runs.active():
            if run.engine is not None:
                self._show_soon(run)

    def _show_soon(self, run: LiveRun) -> None:
        if not self._unshown:
            asyncio.get_running_loop().call_later(SHOW_WITHIN, self._show)
        self._unshown.add(run)

    def _show(self) -> None:
        for run in self._unshown:
            run.refresh()
            if run.status is not None and not run.ended:
                run.reporter.standing(run.status)
        self._unshown.clear()
        self.lenses_changed()

    def _end(self, run: LiveRun, sentence: str, *, failed: bool = True) -> None:
        if not run.ended:
            run.ended, run.last_word = True, sentence
            run.first_event_seen.set()
            run.reporter.broke_off(sentence, failed=failed)
            self.lenses_changed()

    def lenses_changed(self, *, always: bool = False) -> None:
        """Let the editor ask for the lenses anew, where it can and something with lenses is concerned."""
        written = any(run.work.origin is not None for run in self.runs)
        concerned = always or self.plans.in_use or self.reviews.in_use or written
        if self._lenses_due or not concerned or not self.server.client.code_lens_refresh:
            return
        self._lenses_due = True
        self.server.spawn(self._refresh_lenses(), "refresh lenses")

    async def _refresh_lenses(self) -> None:
        await asyncio.sleep(LENSES_EVERY)
        self._lenses_due = False
        await self.server.request("workspace/codeLens/refresh", None, timeout=END_WITHIN)

    async def folder_closed(self, uri: str) -> None:
        """Let go of a folder that the editor closed: its runs stop and stay in its log."""
        path = path_from_uri(uri)
        for run in self.runs.active():
            if same_folder(run.work.folder.path, path):
                await self.stop(run, "its folder was closed")
        await self.workspaces.close_folder(path)

    async def close(self) -> None:
        """End the session: runs stop where they are and stay open in the log."""
        await self.workspaces.close()
