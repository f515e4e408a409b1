"""Asking a person before a command runs, and what their answer is bound to."""

from typing import Protocol

from codecompanion.contracts.base import Contract


class CommandRequest(Contract):
    """A command that is not run unasked.

    ``typed`` is what a person would type for it in ``workspace``, ``why`` a clause that says why they are
    asked, ``shown`` the text it runs, as it stands now, bounded. ``content`` is a SHA-256 (hex) of the
    command and of all that it runs: another text is another request. An answer to one that is not ``lasting``
    holds for this run of the command alone.
    """

    workspace: str
    typed: str
    why: str
    shown: str = ""
    content: str
    lasting: bool = True


class Consent(Protocol):
    """Whoever can say yes to a command; nobody's answer is a no."""

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to be asked."""
        ...

    async def allows(self, request: CommandRequest) -> bool:
        """Return whether it may run now, asking if need be; may wait as long as a person takes."""
        ...


class NobodyToAsk:
    """Says no to everything: the safe default where nobody can be asked."""

    can_ask = False

    async def allows(self, request: CommandRequest) -> bool:
        """Return False."""
        return False


class ConsentGiven:
    """Says yes to everything: a person has said so beforehand."""

    can_ask = True

    async def allows(self, request: CommandRequest) -> bool:
        """Return True."""
        return True
