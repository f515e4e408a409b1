"""How long a decision of litellm's router takes: run by litellm's own environment, which has none of ours.

`python router_litellm.py MODELS DECISIONS` prints the seconds of each decision as JSON.
"""

import asyncio
import json
import sys
import time

from litellm import Router


def main(models: int, decisions: int) -> None:
    deployments = [
        {
            "model_name": "code",
            "litellm_params": {"model": f"openai/model-{number}", "api_key": "none", "rpm": 1000},
        }
        for number in range(models)
    ]
    print(json.dumps(asyncio.run(_timed(Router(model_list=deployments), decisions))))


async def _timed(router: Router, decisions: int) -> list[float]:
    messages = [{"role": "user", "content": "y" * 2000}]
    times = []
    for _ in range(decisions + decisions // 10):
        begun = time.thread_time()
        await router.async_get_available_deployment(model="code", request_kwargs={}, messages=messages)
        times.append(time.thread_time() - begun)
    return times[decisions // 10 :]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
