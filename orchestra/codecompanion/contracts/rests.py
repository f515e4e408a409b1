"""Who is to be left alone for a while, as all processes of a person tell each other."""

from typing import Protocol

from pydantic import Field

from codecompanion.contracts.base import Contract


class Rest(Contract):
    """A provider's key, or a model asked with it, that is left alone for ``seconds`` from ``since`` on.

    ``name`` holds the key's fingerprint, never the key; ``since`` is in seconds since the epoch.
    """

    name: str
    since: float = Field(allow_inf_nan=False)
    seconds: float = Field(ge=0, allow_inf_nan=False)


class RestBoard(Protocol):
    """Where rests are written down for others; raises ``OrchestraError`` where it cannot be used."""

    async def note_rest(self, rest: Rest) -> None:
        """Write a rest down, instead of one of its name that ends before it, or began after it."""
        ...

    async def rests(self) -> list[Rest]:
        """Return what is written down, also what is over; cheap enough to be asked at every call."""
        ...
