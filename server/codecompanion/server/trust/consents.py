"""A person's answers about commands, those for good remembered by the content they were given for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from codecompanion.contracts.consent import CommandRequest
from codecompanion.server.plans.asking import choice
from codecompanion.server.trust.ledger import NotKept, TrustLedger

if TYPE_CHECKING:
    from codecompanion.server.session import Session

log = logging.getLogger(__name__)

RUN, NOT_NOW = "Run it", "Not now"

Ask = Callable[[str], Awaitable[bool]]
"""Puts one question to the person; False when they say no or nothing."""


class RememberedConsent:
    """Implements ``Consent``: asks once for each content; ``ask`` is None where nobody can be asked."""

    def __init__(self, ledger: TrustLedger, ask: Ask | None) -> None:
        self._ledger = ledger
        self._ask = ask
        self._allowed: set[str] = set()

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to be asked."""
        return self._ask is not None

    async def allows(self, request: CommandRequest) -> bool:
        """Return what was said for good, else what is said now."""
        if request.lasting and await self._known(request.content):
            return True
        if self._ask is None or not await self._ask(question(request)):
            return False
        if request.lasting:
            await self._remember(request)
        return True

    async def _known(self, content: str) -> bool:
        return content in self._allowed or await asyncio.to_thread(self._ledger.allows, content)

    async def _remember(self, request: CommandRequest) -> None:
        self._allowed.add(request.content)
        try:
            await asyncio.to_thread(self._ledger.allow, request.content, request.workspace)
        except NotKept as trouble:
            log.warning("%s", trouble)


def question(request: CommandRequest) -> str:
    """Return what a person is asked about a command."""
    told = f"Run `{request.typed}` to test? You are asked because {request.why}."
    if request.shown:
        told += f"\n{request.shown}"
    scope = "You are asked again only if that changes." if request.lasting else "You are asked each time."
    return f"{told}\n{scope}"


def consent_in_editor(session: "Session") -> RememberedConsent:
    """Return the consent of the person at an editor; nobody can be asked where the editor has no questions."""

    async def ask(said: str) -> bool:
        return await choice(session, f"Orchestra: {said}", (RUN, NOT_NOW)) == RUN

    return RememberedConsent(session.trust.ledger, ask if session.server.client.message_actions else None)
