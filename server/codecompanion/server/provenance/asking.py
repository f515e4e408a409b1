"""Asking who wrote a file: its text as it is now, and what the log says of it."""

import asyncio
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.paths import real_relative_path, relative_path
from codecompanion.orchestra.workspace.safe_files import read_file
from codecompanion.orchestra.workspace.texts import BIGGEST_TEXT, decode
from codecompanion.server.provenance.answers import Blame
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.provenance.naming_tests import tests_naming
from codecompanion.server.runs.reader import RunReader


def text_on_disk(root: str | Path, path: str) -> str:
    """Return a file's text; raises ``WorkspaceError`` where there is none to be had."""
    folder = Path(root).resolve()
    return decode(read_file(folder, real_relative_path(folder, path), BIGGEST_TEXT), path).text


def path_in(folder: Path, named: str, at: Path) -> str:
    """Return the path from ``folder`` of a file named from the folder ``at``; raises ``WorkspaceError``."""
    place = at / named
    try:
        inside = place.parent.resolve().joinpath(place.name).relative_to(folder.resolve())
    except ValueError:
        raise WorkspaceError(f"{named!r} is not in {folder}; name its folder with --workspace") from None
    return relative_path(inside.as_posix())


async def blamed(authors: FileAuthors, reader: RunReader, folder: Path, path: str, text: str) -> Blame:
    """Return who wrote each line of ``text``, what the file holds now, with the tests that name the file."""
    found = await authors.blame(reader, str(folder), path, text)
    if not found.origins:
        return found
    return found.model_copy(update={"named_by": await asyncio.to_thread(tests_naming, folder, path)})
