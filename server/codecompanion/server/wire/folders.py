"""The workspace folders the client has open; several, one, or none."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from codecompanion.server.wire.uris import BadUri, canonical_uri, path_from_uri, uri_from_path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkspaceFolder:
    """A folder as the client names it; ``path`` is its absolute path here."""

    uri: str
    name: str
    path: str


class WorkspaceFolders:
    """The folders in the client's order, the first one being the main one."""

    def __init__(self) -> None:
        self._folders: dict[str, WorkspaceFolder] = {}

    def __iter__(self) -> Iterator[WorkspaceFolder]:
        return iter(tuple(self._folders.values()))

    def __len__(self) -> int:
        return len(self._folders)

    def start(self, params: Mapping[str, Any]) -> None:
        """Take the folders of ``initialize``: ``workspaceFolders``, else ``rootUri``, else ``rootPath``."""
        if given := _dicts(params.get("workspaceFolders")):
            for folder in given:
                self._add(folder)
        elif isinstance(uri := params.get("rootUri"), str):
            self._add({"uri": uri})
        elif isinstance(path := params.get("rootPath"), str):
            try:
                self._add({"uri": uri_from_path(path)})
            except BadUri as problem:
                log.warning("ignoring rootPath: %s", problem)

    def changed(self, params: Any) -> None:
        """Take in a ``workspace/didChangeWorkspaceFolders``."""
        event = params.get("event") if isinstance(params, dict) else None
        event = event if isinstance(event, dict) else {}
        for folder in _dicts(event.get("removed")):
            self._folders.pop(canonical_uri(str(folder.get("uri"))), None)
        for folder in _dicts(event.get("added")):
            self._add(folder)

    def _add(self, folder: Mapping[str, Any]) -> None:
        uri, name = folder.get("uri"), folder.get("name")
        if not isinstance(uri, str):
            log.warning("ignoring a workspace folder without a URI")
            return
        try:
            path = path_from_uri(uri)
        except BadUri as problem:
            log.warning("ignoring a workspace folder: %s", problem)
            return
        shown = name if isinstance(name, str) and name else path
        self._folders[canonical_uri(uri)] = WorkspaceFolder(uri, shown, path)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
