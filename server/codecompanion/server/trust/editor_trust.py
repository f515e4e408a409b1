"""Trust in the folders an editor has open: asked for once, by the first command that needs it."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from codecompanion.server.editor.places import real_path
from codecompanion.server.plans.asking import choice
from codecompanion.server.settings.names import SECTION
from codecompanion.server.trust.folders import Untrusted, holds_nothing, lies_beneath
from codecompanion.server.trust.ledger import NotKept, TrustLedger

if TYPE_CHECKING:
    from codecompanion.server.session import Session
    from codecompanion.server.wire.folders import WorkspaceFolder

log = logging.getLogger(__name__)

TRUST, NOT_NOW = "Trust", "Not now"


class EditorTrust:
    """Knows which folders of a session are trusted, and asks about the others.

    Trusted are: what the editor vouches for (``initializationOptions.trusted``), what the person has trusted
    before, what the user's own settings name, and a folder with nothing in it. Until the first folder is, no
    key is read.
    """

    def __init__(self, session: "Session", ledger: TrustLedger) -> None:
        self._session = session
        self.ledger = ledger
        self._known: set[str] = set()
        self._asking: dict[str, asyncio.Task[bool]] = {}

    async def known(self, folder: "WorkspaceFolder") -> bool:
        """Whether the folder is trusted already; asks nobody."""
        real = real_path(folder.path)
        if real not in self._known and not await self._trusted_elsewhere(real):
            return False
        self._take(real)
        return True

    async def demand(self, folder: "WorkspaceFolder") -> None:
        """Return once the folder is trusted; raises ``Untrusted`` where the person does not say so."""
        if await self.known(folder):
            return
        real = real_path(folder.path)
        if await asyncio.to_thread(holds_nothing, real) or await self._asked(real):
            await self.grant(real)
            return
        raise Untrusted(folder.path)

    async def demand_any(self) -> None:
        """Return once one of the open folders is trusted, or none is open; raises ``Untrusted``."""
        folders = tuple(self._session.server.folders)
        if folders and not any([await self.known(folder) for folder in folders]):
            await self.demand(folders[0])
        self._session.settings.allow_keys()

    async def grant(self, folder: str) -> None:
        """Trust a folder from now on."""
        self._take(real_path(folder))
        try:
            await asyncio.to_thread(self.ledger.trust, folder)
        except NotKept as trouble:
            log.warning("%s", trouble)

    async def withdraw(self, folder: str) -> bool:
        """Trust a folder no longer; what is under way in it goes on. Return whether it was trusted."""
        known = real_path(folder) in self._known
        self._known.discard(real_path(folder))
        return await asyncio.to_thread(self.ledger.forget, folder) or known

    def _take(self, real: str) -> None:
        self._known.add(real)
        self._session.settings.allow_keys()

    async def _trusted_elsewhere(self, real: str) -> bool:
        if self._vouched_for() or await asyncio.to_thread(self.ledger.trusts, real):
            return True
        return lies_beneath(real, await self._session.settings.trusted_folders())

    def _vouched_for(self) -> bool:
        return vouched_for(self._session.server.initialize_params.get("initializationOptions"))

    async def _asked(self, real: str) -> bool:
        """Put the question, once however many commands wait for the answer."""
        if real not in self._asking:
            self._asking[real] = self._session.server.spawn(self._ask(real), "ask for trust")
        return await asyncio.shield(self._asking[real])

    async def _ask(self, real: str) -> bool:
        try:
            said = await choice(self._session, question(real), (TRUST, NOT_NOW), silent_too=True)
            return said == TRUST
        finally:
            del self._asking[real]


def question(folder: str) -> str:
    """Return what a person is asked about a folder."""
    return (
        f"Do you trust the files in {folder}? Orchestra reads them, sends parts of them to the models you have "
        "set up, and runs the tests among them."
    )


def vouched_for(options: object) -> bool:
    """Whether the editor says in its ``initializationOptions`` that the person trusts what it has open.

    Only this counts, never a setting: settings may come from the opened folder.
    """
    if not isinstance(options, Mapping):
        return False
    own = options.get(SECTION)
    return options.get("trusted") is True or (isinstance(own, Mapping) and own.get("trusted") is True)
