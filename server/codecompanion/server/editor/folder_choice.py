"""Which folder a command means, when it does not say, or says it in its own way."""

from pathlib import Path

from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.server.editor.places import folder_of
from codecompanion.server.wire.errors import RequestFailed
from codecompanion.server.wire.folders import WorkspaceFolder, WorkspaceFolders
from codecompanion.server.wire.uris import BadUri, path_from_uri, uri_from_path


def choose_folder(
    folders: WorkspaceFolders, *, workspace: str | None, uri: str | None, active: str | None
) -> WorkspaceFolder:
    """Return the folder to work in.

    The one that is named; else that of the document; else the only one; else that of the document the person
    dealt with last. Raises ``JsonRpcInvalidParams`` or ``RequestFailed`` with the mend.
    """
    if workspace is not None:
        return _named(folders, workspace)
    if uri is not None and (found := folder_of(uri, folders)):
        return found
    opened = list(folders)
    if len(opened) == 1:
        return opened[0]
    if not opened:
        raise RequestFailed("no folder is open; open the folder to work in, then run the command again")
    if active is not None and (found := folder_of(active, folders)):
        return found
    names = ", ".join(repr(folder.path) for folder in opened)
    raise RequestFailed(
        f"several folders are open: {names}; "
        'say which by {"workspace": …}, or run the command from a file of it'
    )


def _named(folders: WorkspaceFolders, workspace: str) -> WorkspaceFolder:
    known = {key: folder for folder in folders for key in (folder.name, folder.uri, folder.path)}
    if workspace in known:
        return known[workspace]
    try:
        path = path_from_uri(workspace) if "://" in workspace else workspace
        uri = uri_from_path(path)
    except BadUri as problem:
        raise JsonRpcInvalidParams(f"'workspace' must be an absolute path or a file: URI: {problem}") from None
    same = next((folder for folder in folders if Path(folder.path) == Path(path)), None)
    return same or WorkspaceFolder(uri, Path(path).name or path, path)
