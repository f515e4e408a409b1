"""A provider that says what you script, for trying a set-up without a key, a cost or a network.

The server speaks OpenAI's chat completions and Responses, Anthropic's messages and Gemini's generateContent,
streamed and whole, with tools and schemas, over plain HTTP on this machine; it can also fail in all the ways
real providers do. Point a client at it::

    import asyncio

    from codecompanion.contracts.messages import Role
    from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, TextDelta
    from codecompanion.router.config import RouterConfig
    from codecompanion.router.gateway import build_gateway
    from codecompanion.router.scripted_server import Reply, ScriptedServer, faults

    async def main(templates):
        replies = [
            Reply(fault=faults.status(429, retry_after=0)),
            Reply(text="Hello from the script.", tokens_per_second=200),
        ]
        async with ScriptedServer(replies) as server:
            config = RouterConfig.model_validate(
                {
                    "openai": {"api_key": "any-key", "base_url": server.openai_url},
                    "models": {"CodeGenerator": "openai/some-model"},
                }
            )
            gateway = build_gateway(config, templates)
            request = ModelRequest(
                role=Role.CODE_GENERATOR,
                system="Be brief.",
                messages=(ChatMessage(role="user", text="Say hello."),),
            )
            parts = [part async for part in gateway.stream(request)]
            await gateway.close()
            print("".join(part.text for part in parts if isinstance(part, TextDelta)))
            print(len(server.requests), "requests, the last for", server.requests[-1].model)

``ScriptedClient`` and ``ScriptedGateway`` in ``codecompanion.router.scripted_client`` take the same replies
without any HTTP.
"""

from codecompanion.router.scripted_server import faults
from codecompanion.router.scripted_server.replies import Asked, Reply
from codecompanion.router.scripted_server.server import ScriptedServer

__all__ = ["Asked", "Reply", "ScriptedServer", "faults"]
