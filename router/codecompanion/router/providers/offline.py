"""The offline provider: answers from the built-in templates, without any model, and says so."""

import asyncio
import json
from collections.abc import AsyncGenerator

from codecompanion.contracts.errors import CannotBuild, ProviderError, ProviderFault
from codecompanion.contracts.model_calls import (
    Brief,
    Finished,
    ModelRequest,
    ProviderState,
    StreamPart,
    TextDelta,
    Usage,
)
from codecompanion.contracts.ports import TemplateLibrary
from codecompanion.router.config import OFFLINE
from codecompanion.router.file_blocks import write_file_block

OFFLINE_STATE = ProviderState(
    provider=OFFLINE.provider, configured=True, note="built-in templates, without any model"
)


class OfflineClient:
    """A ``ModelClient`` that reads the request's brief instead of its text.

    A plan is the JSON of a ``Plan``; work is one file block after the other. ``CannotBuild`` passes through
    as the templates raise it; mending is beyond templates and raises it too. The same brief always gives the
    same answer, in pieces of ``chunk_size`` characters.
    """

    native_tools = False

    def __init__(self, templates: TemplateLibrary, *, chunk_size: int = 400) -> None:
        self._templates = templates
        self._chunk_size = chunk_size

    @property
    def name(self) -> str:
        """The provider's name as settings know it."""
        return OFFLINE.provider

    async def stream(
        self, request: ModelRequest, model: str = OFFLINE.model
    ) -> AsyncGenerator[StreamPart, None]:
        """Stream the answer; raises ``CannotBuild``, or ``ProviderError`` for a request without a brief."""
        if request.brief is None:
            raise ProviderError(
                "The offline provider answers typed briefs only, and this request has none.",
                provider=self.name,
                fault=ProviderFault.BAD_REQUEST,
            )
        # templates are rendered, which takes its time, so not on the event loop
        text = await asyncio.to_thread(self._write, request.brief)
        for start in range(0, len(text), self._chunk_size):
            yield TextDelta(text=text[start : start + self._chunk_size])
            await asyncio.sleep(0)
        yield Finished(provider=self.name, model=model, usage=Usage(cost=0.0))

    async def check(self) -> ProviderState:
        """Say what it is; there is nothing to check."""
        return OFFLINE_STATE

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    def _write(self, brief: Brief) -> str:
        if brief.purpose == "plan":
            return json.dumps(self._templates.plan(brief.order).to_wire(), ensure_ascii=False, indent=2)
        if brief.purpose == "mend" or brief.task is None:
            raise CannotBuild(
                "The offline provider builds from templates and cannot mend code; set a provider's key "
                "(for example ANTHROPIC_API_KEY) to have a model do it."
            )
        files = self._templates.files(brief.order, brief.task.id)
        # a template cannot merge, and what a person wrote is never written over
        blocks = [write_file_block(path, text) for path, text in files if path not in brief.existing]
        kept = f"{', '.join(brief.existing)} stood there already and was left as it was.\n"
        return "\n".join(([kept] if brief.existing else []) + blocks)
