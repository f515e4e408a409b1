"""A blueprint as a project: its shares by template, and what a person is told about it."""

from collections.abc import Callable
from typing import Literal

from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.templates.blueprint import Blueprint, TemplateName, cannot_build
from codecompanion.orchestra.templates.making.api_service import api_service
from codecompanion.orchestra.templates.making.data_pipeline import data_pipeline
from codecompanion.orchestra.templates.making.shares import Share, entity_in_words
from codecompanion.orchestra.templates.making.web_app import web_app
from codecompanion.orchestra.templates.request import read_request

_SHARES: dict[TemplateName, Callable[[Blueprint], list[Share]]] = {
    "api service": api_service,
    "web app": web_app,
    "data pipeline": data_pipeline,
}
_NAMES_OF_KEYS = "OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or ORCHESTRA_LOCAL_BASE_URL"


def read_order(order: RunOrder) -> Blueprint:
    """Return the blueprint an order describes; raises ``CannotBuild``, or ``BadRequest`` for a bad name."""
    if order.kind != "project":
        raise cannot_build(
            "Without a model I can only build new projects from templates; I cannot work on existing code "
            f"({order.kind!r}). Set a key for that: {_NAMES_OF_KEYS}."
        )
    return read_request(order.request, order.template)


def project_shares(blueprint: Blueprint) -> list[Share]:
    """Return all shares of the blueprint's project; each of its files is in exactly one."""
    return _SHARES[blueprint.template](blueprint)


def project_summary(blueprint: Blueprint) -> str:
    """Return what is built and what was assumed, in plain words; it starts by saying that no model was used."""
    what = " ".join(entity_in_words(entity) for entity in blueprint.entities)
    said = [
        f"No model was used: this is the {blueprint.template!r} template, shaped by the words of the request.",
        f"It keeps {what}" if blueprint.template != "data pipeline" else f"It reads {what}",
    ]
    if blueprint.measures:
        measured = ", ".join(measure.column for measure in blueprint.measures)
        said.append(f"It works out {measured} by {', '.join(group.column for group in blueprint.groupings)}.")
    if blueprint.assumptions:
        said.append(f"Assumed: {' '.join(blueprint.assumptions)}")
    return " ".join(said)


def project_complexity(blueprint: Blueprint) -> Complexity:
    """Return how big the project is, with the reasons."""
    kinds, totals = len(blueprint.entities), len(blueprint.measures)
    fields = sum(len(entity.fields) for entity in blueprint.entities)
    reasons = [f"{counted(kinds, 'kind')} of record with {counted(fields, 'field')} in all"]
    if blueprint.with_page:
        reasons.append("a web page")
    if totals:
        reasons.append(f"{counted(totals, 'total')} by {counted(len(blueprint.groupings), 'column')}")
    points = kinds + blueprint.with_page + (fields > 10) + (totals > 3)
    level: Literal["small", "medium", "large"] = "small" if points < 3 else "medium" if points < 5 else "large"
    return Complexity(level=level, reasons=tuple(reasons))
