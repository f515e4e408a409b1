"""The settings of how models are chosen: `routing.*`."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.config import parse_model
from codecompanion.router.learning.weights import parse_weights
from codecompanion.server.settings.given import Flag, Folders, Given, Group


def _split(given: object) -> object:
    if isinstance(given, str):
        return tuple(given.split())
    return tuple(given) if isinstance(given, list) else given


def _models(given: tuple[str, ...]) -> tuple[str, ...]:
    for name in given:
        parse_model(name)
    return given


def _weights(given: str) -> str:
    try:
        parse_weights(given)
    except BadRequest as fault:
        raise ValueError(str(fault)) from None
    return given.strip()


Models = Annotated[
    tuple[str, ...],
    BeforeValidator(_split, json_schema_input_type=str | tuple[str, ...]),
    AfterValidator(_models),
]
Weights = Annotated[str, AfterValidator(_weights)]


class Routing(Group):
    """How the router chooses among the models that may take a call."""

    learn: Annotated[
        Flag, Field(description="Choose models by what the tests said of their work here; see docs/router.md.")
    ] = True
    weights: Annotated[
        Weights,
        Field(description="What counts when a model is chosen: the score, the cost, the time."),
        Given("quality, balanced, cheap, fast, or numbers such as 'cost=10,time=0.02'"),
    ] = "balanced"
    explore: Annotated[
        float,
        Field(
            ge=0, le=0.5, allow_inf_nan=False, description="The largest share of tasks used to try models out."
        ),
        Given("a share from 0 to 0.5"),
    ] = 0.1
    cascade: Annotated[
        Flag,
        Field(description="Let a cheap model go first where tests judge its work, and another one mend it."),
    ] = True
    also: Annotated[
        Models | None,
        Field(description="Models that may take any task, beside those of the agents."),
        Given("a list of provider/model"),
    ] = None
    catalogue: Annotated[
        str | None,
        Field(
            min_length=1, description="A file that says what your models can do and cost; see docs/router.md."
        ),
        Given("the path of a JSON file", machine=True),
    ] = None
    local_only: Annotated[
        Folders | None,
        Field(description="Folders whose code only your own server may see, with all that lies in them."),
        Given("a list of absolute paths", machine=True),
    ] = None
