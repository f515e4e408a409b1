"""The SDKs cost nothing before the first call, and then they do not hold up the event loop."""

import subprocess
import sys
from textwrap import dedent

SCRIPT = dedent(
    """
    import asyncio, sys, time
    from codecompanion.contracts.messages import Role
    from codecompanion.contracts.model_calls import ChatMessage, ModelRequest
    from codecompanion.router.config import RouterConfig
    from codecompanion.router.gateway import build_gateway
    from codecompanion.router.scripted_server import Reply, ScriptedServer

    HEAVY = ("openai", "anthropic", "google.genai", "httpx2", "genai_prices")

    async def beat(beats):
        while True:
            beats.append(time.perf_counter())
            await asyncio.sleep(0.02)

    async def main():
        async with ScriptedServer([Reply(text="ok")]) as server:
            config = RouterConfig.model_validate({"anthropic": {"api_key": "k", "base_url": server.url}})
            gateway = build_gateway(config, templates=None)
            assert not [name for name in HEAVY if name in sys.modules]
            beats = []
            beating = asyncio.create_task(beat(beats))
            request = ModelRequest(
                role=Role.DEBUGGER, system="", messages=(ChatMessage(role="user", text="hi"),)
            )
            began = time.perf_counter()
            async for part in gateway.stream(request):
                pass
            took = time.perf_counter() - began
            beating.cancel()
            await gateway.close()
        assert "anthropic" in sys.modules and "openai" not in sys.modules and "google.genai" not in sys.modules
        print(took, max(after - before for before, after in zip(beats, beats[1:])))

    asyncio.run(main())
    """
)


def test_importing_an_sdk_leaves_the_loop_free():
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    took, longest_gap = (float(word) for word in done.stdout.split())
    # on the loop's own thread the import would be one gap that fills nearly all of the call
    assert longest_gap < took / 2
