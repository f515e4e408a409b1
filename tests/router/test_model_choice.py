"""Who may take a call, and why the others may not: constraints first, preferences after."""

import json

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Brief, ChatMessage, ModelRequest
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import PlanTask
from codecompanion.router.catalogue.catalogue import Catalogue, own_models
from codecompanion.router.catalogue.task_types import TASK_TYPES, size_of, task_type
from codecompanion.router.choice import RoleChoice
from codecompanion.router.config import RouterConfig
from codecompanion.router.prices import PriceList

KEYS = {name: {"api_key": "k"} for name in ("anthropic", "openai", "gemini")}
LOCAL = {"base_url": "http://127.0.0.1:9/v1", "model": "small"}


def asked(text="write it", *, role=Role.CODE_GENERATOR, files=(), workspace="/w", prefer="", length=0):
    order = RunOrder(kind="change", request=text, workspace=workspace)
    task = PlanTask(id="t", title="do it", role=role, files=files)
    return ModelRequest(
        role=role,
        system="s",
        messages=(ChatMessage(role="user", text="x" * length),),
        brief=Brief(order=order, purpose="work", task=task),
        prefer=prefer,
    )


def choice(constraints=(), **settings):
    return RoleChoice(RouterConfig.model_validate(settings), constraints=constraints)


def names(refs):
    return [str(ref) for ref in refs]


def test_a_preferred_model_goes_first_and_the_others_stay_behind_it():
    found = choice(**KEYS).candidates(asked(prefer="anthropic/claude-sonnet-5-5"))
    assert names(found) == ["anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol", "gemini/gemini-4-argon"]
    assert names(choice(**KEYS).candidates(asked(prefer="openai/unknown")))[0] == "openai/gpt-6.1-sol"


def test_what_is_not_set_up_is_left_out_and_told():
    found = choice(openai={"api_key": "k"}).eligible(asked())
    assert names(found.models) == ["openai/gpt-6.1-sol"]
    assert [why for _, why in found.excluded] == [
        "cannot be asked: Anthropic is not set up",
        "cannot be asked: Gemini is not set up",
    ]


def test_a_request_too_long_for_a_model_goes_to_another():
    short = [{"model": "openai/gpt-6.1-sol", "context": 1000}]
    found = choice(**KEYS, catalogue=short).eligible(asked(length=30_000))
    assert "openai/gpt-6.1-sol" not in names(found.models)
    assert found.excluded[0][1] == "takes 1,000 tokens, and the request has about 10,000"


def test_private_folders_are_seen_by_the_local_server_only():
    settings = {**KEYS, "local": LOCAL, "local_only": ("/secret",)}
    assert names(choice(**settings).eligible(asked(workspace="/secret/app")).models) == ["local/small"]
    assert len(choice(**settings).eligible(asked(workspace="/secrets")).models) == 4
    without = {**KEYS, "local_only": ("/secret",)}
    assert names(choice(**without).candidates(asked(workspace="/secret"))) == ["offline/templates"]


def test_a_constraint_is_asked_before_any_preference():
    def too_dear(request, ref):
        return "costs more than is left" if ref.provider == "openai" else ""

    found = choice([too_dear], **KEYS).candidates(asked(prefer="openai/gpt-6.1-sol"))
    assert names(found) == ["anthropic/claude-sonnet-5-5", "gemini/gemini-4-argon"]


def test_more_models_may_be_allowed_and_a_role_pinned():
    also = ("anthropic/claude-opus-5", "local/big")
    found = choice(**KEYS, also=also).eligible(asked())
    assert "anthropic/claude-opus-5" in names(found.models)
    assert ("local/big", "cannot be asked: the local server is not set up") in [
        (str(ref), why) for ref, why in found.excluded
    ]
    assert not found.pinned
    pinned = choice(**KEYS, models={"CodeGenerator": "gemini/g"}).eligible(asked())
    assert pinned.pinned and names(pinned.models)[0] == "gemini/g"


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (asked(role=Role.PROJECT_MANAGER), "planning"),
        (asked(role=Role.UI_DESIGNER), "ui"),
        (asked(role=Role.TEST_WRITER), "tests"),
        (asked(role=Role.DEBUGGER), "bug fixing"),
        (asked("Refactor the parser"), "refactoring"),
        (asked("fix the crash on start"), "bug fixing"),
        (asked("complete the function body"), "completion"),
        (asked("load the CSV and clean it"), "data work"),
        (asked("sort by the shortest path"), "algorithms"),
        (asked("write it", files=("a.rs",)), "other languages"),
        (asked("fix it", files=("a.rs", "b.py")), "bug fixing"),
        (asked("a prefix notation"), "code generation"),
    ],
)
def test_the_kind_of_work_is_told_from_the_request(request_, kind):
    assert task_type(request_) == kind
    assert kind in TASK_TYPES


def test_sizes_go_by_characters():
    assert [size_of(asked(length=n)) for n in (10, 20_000, 200_000)] == ["small", "medium", "large"]


def test_every_shipped_model_has_a_whole_vector_a_context_and_a_price():
    catalogue, prices = Catalogue(), PriceList()
    for model in catalogue.models():
        vector = catalogue.vector(model.model)
        assert list(vector) == list(TASK_TYPES)
        assert all(0.0 < one.quality < 1.0 and one.looks > 0 for one in vector.values())
        assert catalogue.context(model.model)
        provider, _, name = model.model.partition("/")
        assert prices.cost(provider, name, input_tokens=1000, output_tokens=1000) is not None


def test_an_unknown_model_begins_like_its_family_or_weakly():
    catalogue = Catalogue()
    newer = catalogue.capability("anthropic/claude-opus-9", "code generation")
    assert newer.quality == catalogue.capability("anthropic/claude-opus-5", "code generation").quality
    strange = catalogue.capability("local/never-heard-of", "ui")
    assert (strange.quality, strange.looks < newer.looks) == (0.5, True)
    assert catalogue.capability("local/gemma-3-27b", "code generation").quality > 0.1


def test_a_persons_own_catalogue_stands_over_the_shipped_one(tmp_path):
    file = tmp_path / "models.json"
    own = {
        "model": "local/mine",
        "context": 8192,
        "capabilities": {"tests": 0.9},
        "price": {"input": 0, "output": 0},
    }
    file.write_text(json.dumps({"models": [own]}))
    catalogue = Catalogue(own_models(file))
    assert catalogue.capability("local/mine", "tests").quality == 0.9
    assert (catalogue.context("local/mine"), catalogue.price("local/mine").input) == (8192, 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be used"),
        ("{}", 'cannot be used and is left out (it has no list "models")'),
        ('{"models": [{"model": "a/b", "capabilities": {"tests": 7}}]}', "capabilities.tests is 7"),
        ('{"models": [{"model": "nameless"}]}', "model is 'nameless'"),
        ('{"models": [{"model": "a/b", "price": {"input": -1, "output": 0}}]}', "greater than or equal to 0"),
        (
            '{"models": [{"model": "a/b", "capabilities": {"singing": 1}}]}',
            "at 'singing'; known task types: planning",
        ),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_told(tmp_path, text, said):
    file = tmp_path / "models.json"
    file.write_text(text)
    with pytest.raises(BadRequest) as caught:
        own_models(file)
    assert said in str(caught.value)
