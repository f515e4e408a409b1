"""Writing the documents of a moment into a folder of their own."""

from collections.abc import Iterable
from pathlib import Path

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.orchestra.replay.documents import Document
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import why_protected
from codecompanion.orchestra.workspace.safe_files import opened_folder, readable_errors


def write_documents(documents: Iterable[Document], target: str, workspace: Path) -> list[str]:
    """Write documents into a folder that is not there yet, or is empty, and return their paths.

    Raises ``BadRequest`` for a folder with something in it, or one of the workspace's own. Paths that lead out
    of the folder or are protected, which only an altered or imported log can hold, are refused, and nothing is
    written then.
    """
    folder = Path(target).resolve()
    _refuse_used(folder, workspace)
    texts = {relative_path(one.path): one.text for one in documents if one.text is not None}
    if reason := next(filter(None, map(why_protected, texts)), ""):
        raise WorkspaceError(reason)
    with readable_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            parent, _, name = path.rpartition("/")
            with opened_folder(folder, parent, make=True) as opened:
                opened.create(name, text.encode("utf-8", "surrogatepass"))
    return sorted(texts)


def _refuse_used(folder: Path, workspace: Path) -> None:
    if folder == workspace or (workspace in folder.parents and folder.exists()):
        raise BadRequest(
            f"{folder} is part of the workspace; name a new folder, so that nothing of it is touched"
        )
    try:
        used = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as fault:
        raise WorkspaceError(f"{folder} cannot be looked into: {fault.strerror}") from fault
    if used:
        raise BadRequest(f"{folder} has something in it already; name a new or an empty folder")
