"""How long one decision takes, all constraints asked, beside litellm's router where that is installed.

`make bench` installs litellm into an environment of its own: what it pins does not go with what we need.
"""

import gc
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from benchmarks.table import Row, percentile, print_table
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Brief, ChatMessage, ModelRequest
from codecompanion.contracts.orders import RunOrder
from codecompanion.router.choice import RoleChoice
from codecompanion.router.config import ProviderConfig, RouterConfig
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.pooled import PooledPolicy
from codecompanion.router.learning.weights import parse_weights

MODELS = 12
DECISIONS = 5000
THEIR_DECISIONS = 500
LITELLM = Path(__file__).parents[1] / ".parts" / "litellm" / "bin" / "python"
"""The interpreter that has litellm."""


def decision_rows() -> Iterator[Row]:
    """Measure decisions in a row, each after one more outcome, so that nothing can be kept from before.

    It is the thread's own time: what other programs take of the processor meanwhile is no router's doing.
    """
    ours = _timed(_our_decision())
    lines = [("orchestra", *_told(ours))]
    theirs = _litellm_times()
    lines.append(("litellm's Router", *(_told(theirs) if theirs else ("not installed", ""))))
    print_table(f"a decision among {MODELS} models, µs", ("router", "p50", "p99"), lines)
    yield Row("decision, p50", 1e6 * percentile(ours, 0.5), "≤", 50, " µs")
    yield Row("decision, p99", 1e6 * percentile(ours, 0.99), "≤", 300, " µs")
    if theirs:
        yield Row("decision, × the time of litellm's", percentile(ours, 0.5) / percentile(theirs, 0.5), "<", 1)


def _told(times: list[float]) -> tuple[str, str]:
    return f"{1e6 * percentile(times, 0.5):.1f}", f"{1e6 * percentile(times, 0.99):.1f}"


def _timed(step: Callable[[], float]) -> list[float]:
    """Return the seconds of each decision; the collector waits, as it would between two calls."""
    for _ in range(DECISIONS // 10):
        step()
    gc.collect()
    gc.disable()
    try:
        return [step() for _ in range(DECISIONS)]
    finally:
        gc.enable()


def _our_decision() -> Callable[[], float]:
    key = ProviderConfig.model_validate({"api_key": "none"})
    more = tuple(f"anthropic/claude-sonnet-{number}" for number in range(MODELS - 3))
    config = RouterConfig.model_validate(
        {"anthropic": key, "openai": {"api_key": "none"}, "gemini": key, "also": more}
    )
    choice = RoleChoice(config, constraints=[lambda request, ref: ""])
    order = RunOrder(kind="change", request="sort the rows", workspace="/work")
    request = ModelRequest(
        role=Role.CODE_GENERATOR,
        system="x" * 4000,
        messages=tuple(ChatMessage(role="user", text="y" * 2000) for _ in range(6)),
        brief=Brief(order=order, purpose="work"),
    )
    policy = PooledPolicy(Random(1), burdens=Burdens(parse_weights("balanced")))
    situation, rng = Situation(kind="CodeGenerator/code generation"), Random(2)

    def decide() -> float:
        begun = time.thread_time()
        models = choice.eligible(request).models
        pick = policy.choose(situation, tuple(map(str, models)))
        took = time.thread_time() - begun
        outcome = Outcome(quality=rng.random(), dollars=0.01 * rng.random(), seconds=rng.random())
        policy.learn(situation, pick.arm, outcome)
        if len(pick.arms) != MODELS:
            raise RuntimeError(f"the measured decision was among {len(pick.arms)} models")
        return took

    return decide


def _litellm_times() -> list[float]:
    """Return the seconds of litellm's decisions among as many models; none where it is not installed."""
    if not LITELLM.exists():
        return []
    script = Path(__file__).with_name("router_litellm.py")
    command = [str(LITELLM), str(script), str(MODELS), str(THEIR_DECISIONS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    return [float(seconds) for seconds in json.loads(done.stdout.splitlines()[-1])]
