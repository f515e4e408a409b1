"""The engines of the open folders: loaded late and off the loop, one a folder."""

import asyncio
import importlib
from functools import partial
from typing import TYPE_CHECKING

from codecompanion.server.editor.log_attendance import attend, seems_in_use
from codecompanion.server.editor.log_tidying import tidy
from codecompanion.server.editor.places import real_path
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session
    from codecompanion.server.settings.model import Settings
    from codecompanion.server.shared import Shared

_BOOTSTRAP = "codecompanion.server.bootstrap"


class Workspaces:
    """Opens a folder's engine when it is first needed, and closes all at the end."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._opening = asyncio.Lock()
        self._open: dict[str, EditorWorkspace] = {}
        self._shared: Shared | None = None

    async def open(self, folder: WorkspaceFolder) -> "EditorWorkspace":
        """Return the folder's engine and what belongs to it, once the folder is trusted.

        Raises ``OrchestraError``.
        """
        await self._session.trust.demand(folder)
        key = real_path(folder.path)
        shared = await self.demand_shared()
        async with self._opening:
            if key not in self._open:
                bootstrap = importlib.import_module(_BOOTSTRAP)
                opened = await bootstrap.editor_workspace(self._session, shared, folder)
                self._session.server.spawn(attend(self._session, opened), "attend to the log")
                self._session.server.spawn(self._record(opened, folder), "record typing")
                self._session.server.spawn(tidy(self._session, opened), "tidy the log")
                self._open[key] = opened
            return self._open[key]

    async def _record(self, workspace: "EditorWorkspace", folder: WorkspaceFolder) -> None:
        """Record what happens to the folder's documents from when its log is ours."""
        if await workspace.database.owned():
            self._session.typing.begin(folder, workspace.typing)
            await workspace.typing.run()
            self._session.typing.end(folder, workspace.typing)

    async def demand_owned(self, folder: WorkspaceFolder) -> None:
        """Raise ``FollowedOnly`` while another process owns the folder's log.

        A folder whose log nobody seems to have in use is not opened for that, nor one that is not trusted yet.
        """
        if not await self._session.trust.known(folder):
            return
        if self.found(folder) is not None or await self._seems_in_use(folder):
            await self.owned(folder)

    async def _seems_in_use(self, folder: WorkspaceFolder) -> bool:
        return await asyncio.to_thread(seems_in_use, await self._session.settings.data_folder(folder.path))

    async def owned(self, folder: WorkspaceFolder) -> "EditorWorkspace":
        """Return a folder's engine, its log ours to write to; raises ``FollowedOnly`` where it is not."""
        workspace = await self.open(folder)
        workspace.database.demand_owned()
        return workspace

    async def demand_shared(self) -> "Shared":
        """Return what all folders use together, loaded now if it was not, once one of them is trusted.

        It may connect to other processes, so it raises ``Untrusted`` where none is.
        """
        await self._session.trust.demand_any()
        async with self._opening:
            if self._shared is None:
                await asyncio.to_thread(importlib.import_module, _BOOTSTRAP)
                # comes with the composition root, which is loaded by now
                parts = importlib.import_module("codecompanion.server.shared")
                settings = await self._session.settings.now()
                shared: Shared = await parts.Shared.open(settings, self._session.warn)
                self._session.settings.changed = partial(self._adopt, shared)
                following = shared.follow(self._session.recorded, self._session.catch_up)
                self._session.server.spawn(following, "follow the runs")
                minding = shared.mind_outages(self._engines, self._session.warn)
                self._session.server.spawn(minding, "mind outages")
                self._shared = shared
            return self._shared

    def _engines(self) -> "list[Engine]":
        return [workspace.engine for workspace in self.opened()]

    def _adopt(self, shared: "Shared", settings: "Settings") -> None:
        shared.adopt(settings)
        for workspace in self.opened():
            workspace.adopt(settings)

    def found(self, folder: WorkspaceFolder) -> "EditorWorkspace | None":
        """Return what is open for a folder; opens nothing."""
        return self._open.get(real_path(folder.path))

    def opened(self) -> "list[EditorWorkspace]":
        """Return what is open."""
        return list(self._open.values())

    @property
    def shared(self) -> "Shared | None":
        """What all folders use together; None before the first run."""
        return self._shared

    async def close_folder(self, path: str) -> None:
        """Stop a folder's engine where it is, if there is one, and let go of its files."""
        workspace = self._open.pop(real_path(path), None)
        if workspace is not None:
            await workspace.close()

    async def close(self) -> None:
        """Stop all engines where they are and let go of their files."""
        for workspace in self.opened():
            await workspace.close()
        if self._shared is not None:
            await self._shared.close()
