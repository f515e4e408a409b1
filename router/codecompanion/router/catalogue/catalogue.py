"""The catalogue of models: what each is good at, takes in and costs, with where that is known from.

A family's measured score is the prior of its members; what was measured on code in several languages counts in
full for such work and half for the rest. A model of no known family begins from a weak prior, never from zero.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import BadRequest
from codecompanion.router.catalogue.task_types import TASK_TYPES

Modality = Literal["text", "image"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

FORMAT: Final = 1
USUAL: Final = 0.5
"""The score expected of a model of which nothing is known."""
LOOKS, FEW_LOOKS, WEAK_LOOKS = 20.0, 10.0, 4.0
"""How many tasks a prior counts for: measured, carried over from other work, and of an unknown model."""
_MEASURED: Final = frozenset({"code generation", "bug fixing", "refactoring", "other languages"})
_LOWEST, _HIGHEST = 0.15, 0.9
"""No prior is so low, or high, that nothing seen could be beyond it."""


class Source(Contract):
    """Where figures come from."""

    what: str
    licence: str
    date: str


class Family(Contract):
    """A line of models; ``measured`` is the score of the member that ``as`` names."""

    family: str
    measured: float = Field(ge=0, le=1)
    measured_as: str = Field(alias="as")
    date: str
    context: int | None = None
    modalities: tuple[Modality, ...] = ("text",)


class Price(Contract):
    """US dollars for a million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


class Model(Contract):
    """One model, written ``provider/model``; what is left out is its family's.

    ``capabilities`` are scores from 0 to 1 by task type, ``price`` stands above the price list.
    """

    model: str = Field(pattern=r"^[a-z]+/.+$")
    family: str = ""
    version: str = ""
    context: int | None = Field(default=None, gt=0)
    modalities: tuple[Modality, ...] = ()
    capabilities: dict[str, Share] = Field(default_factory=dict)
    price: Price | None = None


class Capability(Contract):
    """What is expected of a model at one type of work: a score, as if ``looks`` tasks had shown it, and why."""

    quality: float
    looks: float
    source: str


class _Shipped(Contract):
    format: int
    sources: dict[str, Source]
    families: tuple[Family, ...]
    models: tuple[Model, ...]


class Catalogue:
    """The shipped models and families, with the person's own models over them."""

    def __init__(self, own: Iterable[Model] = ()) -> None:
        shipped = _shipped()
        self.sources: Mapping[str, Source] = shipped.sources
        # the longest name that fits is the family
        self._families = sorted(shipped.families, key=lambda family: -len(family.family))
        self._models = {model.model: model for model in (*shipped.models, *own)}

    def models(self) -> list[Model]:
        """Return all models with an entry, sorted by name."""
        return [self._models[name] for name in sorted(self._models)]

    def capability(self, name: str, task_type: str) -> Capability:
        """Return what is expected of ``provider/model`` at a type of work."""
        model = self._models.get(name)
        if model is not None and (own := model.capabilities.get(task_type)) is not None:
            return Capability(quality=own, looks=LOOKS, source="your catalogue")
        family = self.family(name)
        if family is None:
            return Capability(quality=USUAL, looks=WEAK_LOOKS, source="nothing is known of this model")
        quality = min(_HIGHEST, max(_LOWEST, family.measured))
        said = f"{family.measured_as}, aider polyglot, {family.date}"
        if task_type in _MEASURED:
            return Capability(quality=quality, looks=LOOKS, source=said)
        return Capability(quality=(quality + USUAL) / 2, looks=FEW_LOOKS, source=f"half of {said}")

    def vector(self, name: str) -> dict[str, Capability]:
        """Return what is expected of a model at every type of work."""
        return {task_type: self.capability(name, task_type) for task_type in TASK_TYPES}

    def family(self, name: str) -> Family | None:
        """Return the family of a model, by its entry or else by its name."""
        model = self._models.get(name)
        wanted = model.family if model is not None and model.family else ""
        for family in self._families:
            if family.family == wanted or (not wanted and _belongs(name, family.family)):
                return family
        return None

    def context(self, name: str) -> int | None:
        """Return how many tokens a model takes in, None where that is not known."""
        model = self._models.get(name)
        if model is not None and model.context is not None:
            return model.context
        # of a member by name only, such as a model on a person's own server, nothing is sure
        family = self.family(name)
        return family.context if family is not None and not name.startswith("local/") else None

    def takes(self, name: str, modality: Modality) -> bool:
        """Whether a model takes in a kind of input; of an unknown one only text is sure."""
        model = self._models.get(name)
        if model is not None and model.modalities:
            return modality in model.modalities
        family = self.family(name)
        return modality in (family.modalities if family is not None else ("text",))

    def price(self, name: str) -> Price | None:
        """Return the price that stands above the price list; None where the list counts."""
        model = self._models.get(name)
        return model.price if model is not None else None


def _belongs(name: str, family: str) -> bool:
    """Whether a model's name has all words of a family's in it, in order."""
    rest = name.rpartition("/")[2].lower()
    for word in family.split("-"):
        found = rest.find(word)
        if found < 0:
            return False
        rest = rest[found + len(word) :]
    return True


@cache
def _shipped() -> _Shipped:
    text = Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    return _Shipped.model_validate_json(text)


def own_models(path: Path) -> tuple[Model, ...]:
    """Read a person's own catalogue: ``{"models": [...]}`` with the shipped one's fields; raises BadRequest."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["models"]
        models = tuple(Model.model_validate(one) for one in listed)
    except OSError as error:
        raise BadRequest(f"the model catalogue {path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(
            f"the model catalogue {path} cannot be used and is left out ({_what_is_wrong(error)}); write "
            '{"models": [{"model": "provider/model", …}]}'
        ) from None
    for model in models:
        for task_type in model.capabilities:
            if task_type not in TASK_TYPES:
                raise BadRequest(
                    f"the model catalogue {path} rates {model.model!r} at {task_type!r}; known task types: "
                    f"{', '.join(TASK_TYPES)}"
                )
    return models


def _what_is_wrong(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return 'it has no list "models"' if isinstance(error, KeyError | TypeError) else f"no JSON: {error}"
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place} is {first['input']!r}: {first['msg'].lower()}"[:300]
