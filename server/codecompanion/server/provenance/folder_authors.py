"""What an editor's session knows of who wrote what in its folders; the log is opened when it is asked."""

import asyncio
import importlib
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.editor.places import folder_of, real_path, relative_to
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.server.provenance.answers import Blame, Origin
    from codecompanion.server.provenance.file_authors import FileAuthors
    from codecompanion.server.runs.reader import RunReader
    from codecompanion.server.session import Session

_LOG_NAME = "orchestra.db"
"""As the data folder has it; asked for without loading what reads it."""


class FolderAuthors:
    """One session's answers about lines; a folder without a log has nothing written by an agent."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._known: dict[str, FileAuthors] = {}

    async def origin(self, document: OpenDocument, line: int) -> "tuple[Origin, tuple[str, ...]] | None":
        """Return who wrote a line, counted from 0, and the tests that name its file; None for nobody's line.

        What the log cannot tell is not told: a hover must not bother anybody with the log's troubles.
        """
        folder = folder_of(document.uri, self._session.server.folders)
        path = relative_to(folder, document.uri) if folder else None
        if folder is None or path is None or not await self.has_log(folder):
            return None
        try:
            return await self._origin(folder, path, document.text, line)
        except OrchestraError:
            return None

    async def _origin(
        self, folder: WorkspaceFolder, path: str, text: str, line: int
    ) -> "tuple[Origin, tuple[str, ...]] | None":
        authors = await self.of(folder)
        async with self.reader(folder) as reader:
            found: Origin | None = await authors.origin_of_line(reader, path, text, line)
        return None if found is None else (found, await self._naming(folder, path))

    async def why_chosen(self, document: OpenDocument, origin: "Origin") -> str:
        """Return in a sentence why its model took the task behind a line, "" where that cannot be told."""
        folder = folder_of(document.uri, self._session.server.folders)
        if folder is None:
            return ""
        choices = await asyncio.to_thread(importlib.import_module, "codecompanion.server.runs.choices")
        data_folder = await self._session.settings.data_folder(folder.path)
        try:
            said: str = await choices.reason(data_folder, origin.run_id, origin.task_id)
        except OrchestraError:
            return ""
        return said

    async def _naming(self, folder: WorkspaceFolder, path: str) -> tuple[str, ...]:
        naming = await _late("naming_tests")
        tests: tuple[str, ...] = await asyncio.to_thread(naming.tests_naming, folder.path, path)
        return tests

    async def blame(self, folder: WorkspaceFolder, path: str, document: OpenDocument | None) -> "Blame":
        """Return a file line by line, as it is in the editor if it is open there; raises ``OrchestraError``."""
        asking = await _late("asking")
        text = document.text if document else await asyncio.to_thread(asking.text_on_disk, folder.path, path)
        authors = await self.of(folder)
        async with self.reader(folder) as reader:
            found: Blame = await asking.blamed(authors, reader, Path(folder.path), path, text)
        return found

    def reader(self, folder: WorkspaceFolder) -> "AbstractAsyncContextManager[RunReader]":
        """Give a reader of the folder's log, whoever owns it."""
        from codecompanion.server.commands import runs_shared  # noqa: PLC0415 - not at start-up
        from codecompanion.server.commands.arguments import Arguments  # noqa: PLC0415

        return runs_shared.reader(self._session, Arguments(workspace=folder.path))

    async def of(self, folder: WorkspaceFolder) -> "FileAuthors":
        """Return what is known of a folder's files, to be asked with its log at hand."""
        key = real_path(folder.path)
        if key not in self._known:
            module = await _late("file_authors")
            self._known.setdefault(key, module.FileAuthors())
        return self._known[key]

    async def has_log(self, folder: WorkspaceFolder) -> bool:
        """Whether there is a log of runs to ask, in a trusted folder; nothing heavy is loaded for that."""
        if self._session.workspaces.found(folder) is not None:
            return True
        data_folder = await self._session.settings.data_folder(folder.path)
        there = await asyncio.to_thread((data_folder / _LOG_NAME).exists)
        return there and await self._session.trust.known(folder)


async def _late(name: str) -> Any:
    """Return a module of this package, imported now, off the loop, if it was not."""
    return await asyncio.to_thread(importlib.import_module, f"codecompanion.server.provenance.{name}")
