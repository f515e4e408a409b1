"""OpenAI's official SDK, as the clients of both of its wires use it."""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from codecompanion.router.providers.event_stream import EventStreamClient
from codecompanion.router.providers.schemas import strict_schema

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_OFFICIAL_HOST = "api.openai.com"


class OpenAISdkClient(EventStreamClient["AsyncOpenAI"]):
    """The SDK's client and list of models."""

    module = "openai"

    @property
    def official(self) -> bool:
        """Whether calls go to OpenAI itself and not to a server that imitates it."""
        return self._base_url is None or urlsplit(self._base_url).hostname == _OFFICIAL_HOST

    def _build(self) -> "AsyncOpenAI":
        openai = importlib.import_module(self.module)
        client: AsyncOpenAI = openai.AsyncOpenAI(
            # the SDK insists on a key where a local server wants none
            api_key=self._key or "none",
            base_url=_versioned(self._base_url or f"https://{_OFFICIAL_HOST}"),
            max_retries=0,
            http_client=self._http_client(),
        )
        # the SDK imports its parts on first touch: do it here, in the thread
        _ = client.chat.completions, client.responses, client.models
        return client

    async def _list_models(self, sdk: "AsyncOpenAI") -> None:
        await sdk.models.list()


def _versioned(address: str) -> str:
    # people give the bare host of their server; every one of them serves under /v1
    return address if urlsplit(address).path else f"{address}/v1"


def named_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``schema`` as OpenAI takes it: strict where strict mode can express it."""
    strict = strict_schema(schema)
    return {"name": "answer", "schema": strict or schema, "strict": strict is not None}
