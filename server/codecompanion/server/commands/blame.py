"""`orchestra.blame`: who wrote each line of a file, as it stands in the editor or on the disk."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.places import relative_to
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("uri", "workspace"), "uri"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with the lines of the document; by default of the one the person dealt with last."""
    uri = arguments.uri or session.documents.active
    if uri is None:
        raise RequestFailed('no document is open; say which file, such as {"uri": "file:///work/shop.py"}')
    folder = session.folder(arguments.workspace, uri)
    path = relative_to(folder, uri)
    if path is None:
        raise RequestFailed(f"{uri} is not in {folder.path}; name a file of an open folder")
    found = await session.authors.blame(folder, path, session.documents.get(uri))
    answer: dict[str, Any] = found.to_wire()
    return answer
