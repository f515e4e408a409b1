"""Where documents lie: beneath which workspace folder, and under which relative path."""

import os
from collections.abc import Iterable
from urllib.parse import quote

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.server.wire.folders import WorkspaceFolder
from codecompanion.server.wire.uris import BadUri, path_from_uri


def relative_to(folder: WorkspaceFolder, uri: str) -> str | None:
    """Return a document's path from the folder, with forward slashes; None when it lies elsewhere.

    The folder may be named through a link that the document's URI does not go through, or the reverse. A path
    that ``relative_path`` refuses lies in no folder.
    """
    try:
        path = path_from_uri(uri)
    except BadUri:
        return None
    return _inside(folder.path, path) or _inside(os.path.realpath(folder.path), path)


def _inside(root: str, path: str) -> str | None:
    inside = path.removeprefix(root.rstrip("/\\") + os.sep)
    if inside == path:
        return None
    named = inside.replace(os.sep, "/")
    try:
        # another spelling of it, such as one with `..` or a doubled slash, is none that an editor sends
        return named if relative_path(named) == named else None
    except WorkspaceError:
        return None


def real_path(path: str) -> str:
    """Return the one path that all links to a folder lead to."""
    return os.path.realpath(path)


def same_folder(one: str, other: str) -> bool:
    """Whether two paths lead to the same folder."""
    return real_path(one) == real_path(other)


def uri_in(folder: WorkspaceFolder, path: str) -> str:
    """Return the URI of a relative path, spelled as the client spells the folder."""
    return f"{folder.uri.rstrip('/')}/{quote(path, safe='/', errors='surrogateescape')}"


def folder_of(uri: str, folders: Iterable[WorkspaceFolder]) -> WorkspaceFolder | None:
    """Return the innermost folder that holds the document."""
    holding = [folder for folder in folders if relative_to(folder, uri) is not None]
    return max(holding, key=lambda folder: len(folder.path), default=None)
