"""What a command is aimed at: a folder, and mostly a place in one of its documents."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.work import Origin, Pointing, Work
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.contracts.orders import RunKind
    from codecompanion.server.session import Session


@dataclass(frozen=True, slots=True)
class Target:
    """``pointing`` is None when no document of the folder is meant."""

    folder: WorkspaceFolder
    pointing: Pointing | None

    def work(
        self,
        kind: "RunKind | None",
        request: str,
        arguments: Arguments,
        *,
        problems: tuple[str, ...] = (),
        origin: Origin | None = None,
    ) -> Work:
        """Return the run to begin here; what ``arguments`` leave open is as set."""
        return Work(
            kind=kind,
            request=request,
            folder=self.folder,
            pointing=self.pointing,
            problems=problems,
            template=arguments.template,
            offline=arguments.offline,
            mode=arguments.chosen_mode,
            landing=arguments.landing,
            origin=origin,
        )


def target_of(session: "Session", arguments: Arguments, uri: str | None) -> Target:
    """Return what is meant by the arguments and the document; raises with the mend when that is not clear."""
    folder = session.folder(arguments.workspace, uri)
    document = session.documents.get(uri) if uri is not None else None
    return Target(folder, pointing_at(folder, uri, arguments.range, document))
