"""What `orchestra router` says to a person, line by line."""

from collections.abc import Iterator, Sequence
from typing import Any

from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.contracts.wording import counted
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.catalogue.task_types import TASK_TYPES
from codecompanion.router.learning.learned import RouterReport
from codecompanion.router.learning.off_policy import Estimate, OffPolicy
from codecompanion.router.prices import PriceList

_MILLION = 1_000_000


def why(decision: RouterDecision, verdict: BanditObservation | None) -> Iterator[str]:
    """Tell one decision."""
    yield f"{decision.decision}: {decision.reason}."
    yield f"It was {decision.kind.replace('/', ', ')}, a {decision.size} request; weights: {decision.weights}."
    yield ""
    yield f"{'model':34}{'score':>7}{'±':>6}{'cost $':>9}{'seconds':>9}{'worth':>8}{'drawn':>8}{'chance':>8}"
    for one in decision.considered:
        mark = "*" if one.model == f"{decision.provider}/{decision.model}" else " "
        yield (
            f"{mark}{one.model[:32]:33}{one.quality:7.0%}{one.deviation:6.0%}{one.dollars:9.4f}"
            f"{one.seconds:9.1f}{one.utility:8.2f}{one.sample:8.2f}{one.propensity:8.0%}"
        )
    for left_out in decision.excluded:
        yield f" {left_out.model} {left_out.reason}"
    yield ""
    yield "score: the expected share of tests passed; worth: the score less what cost and time weigh;"
    yield "drawn: the worth, more for a model worth knowing better, and a little chance; the highest wins;"
    yield "chance: how likely the model was to win"
    if verdict is None:
        yield "What it brought is not known yet."
    else:
        spent = f"${verdict.cost:.4f}, {verdict.seconds:.0f} s"
        yield f"What it brought: {verdict.reward:.0%} ({verdict.reason}), {spent}."


def report(found: RouterReport) -> Iterator[str]:
    """Tell what was learned."""
    yield (
        f"{counted(found.decisions, 'decision')}, {counted(found.outcomes, 'outcome')}; "
        f"{counted(found.explored, 'decision')} to try a model out"
    )
    if not found.standings:
        yield "Nothing was learned yet: run something whose tests can be run."
        return
    yield ""
    yield f"{'work':34}{'model':32}{'tasks':>6}{'score':>7}{'±':>5}{'cost $':>9}{'seconds':>9}{'spent $':>9}"
    for one in found.standings:
        yield (
            f"{one.kind[:33]:34}{one.model[:31]:32}{one.tasks:6}{one.score:7.0%}{one.deviation:5.0%}"
            f"{one.dollars:9.4f}{one.seconds:9.1f}{one.spent:9.4f}"
        )


def catalogue(known: Catalogue) -> Iterator[str]:
    """Tell the catalogue."""
    prices = PriceList()
    yield f"{'model':34}{'family':16}{'context':>10}{'$ in':>8}{'$ out':>8}  takes"
    for model in known.models():
        family = known.family(model.model)
        context = known.context(model.model)
        takes = ", ".join(name for name in ("text", "image") if known.takes(model.model, name))
        cost = [_price(known, prices, model.model, side) for side in ("input", "output")]
        yield (
            f"{model.model[:33]:34}{(family.family if family else '-'):16}"
            f"{(f'{context:,}' if context else '-'):>10}{cost[0]:>8}{cost[1]:>8}  {takes}"
        )
    yield ""
    yield "expected scores, before anything is seen:"
    for model in known.models():
        vector = known.vector(model.model)
        yield f"  {model.model}: " + ", ".join(f"{kind} {vector[kind].quality:.0%}" for kind in TASK_TYPES)
    yield ""
    for name, source in known.sources.items():
        yield f"{name}: {source.what} ({source.licence}, {source.date})"


def catalogue_object(known: Catalogue) -> dict[str, Any]:
    """Return the catalogue as one JSON object."""
    prices = PriceList()
    return {
        "sources": {name: source.to_wire() for name, source in known.sources.items()},
        "models": [
            {
                **model.to_wire(),
                "context": known.context(model.model),
                "dollarsAMillionIn": _price(known, prices, model.model, "input"),
                "dollarsAMillionOut": _price(known, prices, model.model, "output"),
                "capabilities": {kind: one.to_wire() for kind, one in known.vector(model.model).items()},
            }
            for model in known.models()
        ],
    }


def estimates(found: Sequence[OffPolicy]) -> Iterator[str]:
    """Tell the estimates of other policies."""
    if not found or not found[0].decisions:
        yield "No decision of the log has an outcome yet; there is nothing to estimate from."
        return
    yield f"{counted(found[0].decisions, 'decision')} with an outcome; scored {_interval(found[0].logged)}"
    yield ""
    yield f"{'policy':16}{'inverse propensity':>28}{'doubly robust':>28}{'worth decisions':>17}"
    for one in found:
        yield f"{one.policy:16}{_interval(one.ips):>28}{_interval(one.doubly_robust):>28}{one.effective:17.0f}"
    yield ""
    yield "mean scores, 95 % confidence intervals; the fewer decisions an estimate is worth, the less it says"


def _interval(one: Estimate) -> str:
    return f"{one.mean:.1%} ({one.low:.1%} to {one.high:.1%})"


def _price(known: Catalogue, prices: PriceList, name: str, side: str) -> str:
    own = known.price(name)
    if own is not None:
        return f"{getattr(own, side):.2f}"
    provider, _, model = name.partition("/")
    tokens = {"input_tokens": 0, "output_tokens": 0, f"{side}_tokens": 1000}
    cost = prices.cost(provider, model, **tokens)
    return "-" if cost is None else f"{cost * _MILLION / 1000:.2f}"
