"""What the client can do, resolved once from ``initialize`` and then only asked.

Read from raw JSON: building lsprotocol's typed form of a real editor's capabilities takes some 250 ms, half
of what a start takes. A value of the wrong type counts as not declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codecompanion.server.wire.positions import PositionEncoding


@dataclass(frozen=True, kw_only=True)
class ClientFeatures:
    """The capabilities this server makes use of; every default is what a client that says nothing can do.

    ``orchestra`` is our own opt-in (``experimental.orchestra``) for ``orchestra/event`` and
    ``orchestra/status``. ``message_actions`` says that ``window/showMessageRequest`` is declared; clients that
    are silent about it answer it too, if only with null, which is a dismissal.
    """

    name: str = ""
    version: str = ""
    position_encoding: PositionEncoding = PositionEncoding.UTF16
    progress: bool = False
    message_actions: bool = False
    show_document: bool = False
    apply_edit: bool = False
    document_changes: bool = False
    resource_operations: frozenset[str] = frozenset()
    failure_handling: str = ""
    change_annotations: bool = False
    configuration: bool = False
    dynamic_configuration: bool = False
    dynamic_watched_files: bool = False
    code_lens_refresh: bool = False
    code_action_literals: bool = False
    text_document_content: bool = False
    orchestra: bool = False

    @property
    def create_files(self) -> bool:
        """Whether an edit may hold ``CreateFile``."""
        return "create" in self.resource_operations

    @property
    def rename_files(self) -> bool:
        """Whether an edit may hold ``RenameFile``."""
        return "rename" in self.resource_operations

    @property
    def delete_files(self) -> bool:
        """Whether an edit may hold ``DeleteFile``."""
        return "delete" in self.resource_operations


def client_features(params: Mapping[str, Any]) -> ClientFeatures:
    """Resolve the raw parameters of ``initialize``."""
    declared = _Declared(params.get("capabilities"))
    info = _Declared(params.get("clientInfo"))
    edit = _Declared(declared.at("workspace", "workspaceEdit"))
    return ClientFeatures(
        name=info.text("name"),
        version=info.text("version"),
        position_encoding=_position_encoding(declared.words("general", "positionEncodings")),
        progress=declared.true("window", "workDoneProgress"),
        message_actions=isinstance(declared.at("window", "showMessage"), Mapping),
        show_document=declared.true("window", "showDocument", "support"),
        apply_edit=declared.true("workspace", "applyEdit"),
        document_changes=edit.true("documentChanges"),
        resource_operations=frozenset(edit.words("resourceOperations")),
        failure_handling=edit.text("failureHandling"),
        change_annotations=isinstance(edit.at("changeAnnotationSupport"), Mapping),
        configuration=declared.true("workspace", "configuration"),
        dynamic_configuration=declared.true("workspace", "didChangeConfiguration", "dynamicRegistration"),
        dynamic_watched_files=declared.true("workspace", "didChangeWatchedFiles", "dynamicRegistration"),
        code_lens_refresh=declared.true("workspace", "codeLens", "refreshSupport"),
        code_action_literals=isinstance(
            declared.at("textDocument", "codeAction", "codeActionLiteralSupport"), Mapping
        ),
        text_document_content=isinstance(declared.at("workspace", "textDocumentContent"), Mapping),
        orchestra=bool(declared.at("experimental", "orchestra")),
    )


class _Declared:
    """A JSON tree read by paths; whatever is missing or of another type reads as not declared."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def at(self, *path: str) -> Any:
        node = self._root
        for name in path:
            node = node.get(name) if isinstance(node, Mapping) else None
        return node

    def true(self, *path: str) -> bool:
        return self.at(*path) is True

    def text(self, *path: str) -> str:
        value = self.at(*path)
        return value if isinstance(value, str) else ""

    def words(self, *path: str) -> list[str]:
        value = self.at(*path)
        return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _position_encoding(wanted: list[str]) -> PositionEncoding:
    """Return the first encoding the client prefers that we know; UTF-16 is what everyone must support."""
    known = {encoding.value: encoding for encoding in PositionEncoding}
    return next((known[name] for name in wanted if name in known), PositionEncoding.UTF16)
