"""Circuits open after repeated faults and let one trial through; a wish to be left alone counts for all."""

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.router.config import ModelRef
from codecompanion.router.health import MODEL_FAULTS, PROVIDER_FAULTS, Circuit, ProviderHealth

ONE, OTHER = ModelRef("openai", "one"), ModelRef("openai", "other")


@pytest.fixture
def health(world):
    return ProviderHealth(world.clock, world.sleep)


def fail(health, ref, fault=ProviderFault.UNAVAILABLE, times=1, retry_after=None):
    for _ in range(times):
        error = ProviderError("No.", provider=ref.provider, fault=fault, retry_after=retry_after)
        with pytest.raises(ProviderError), health.watching(ref):
            raise error


def test_a_model_that_fails_again_and_again_is_left_alone(health, world):
    fail(health, ONE, times=MODEL_FAULTS - 1)
    assert health.rest(ONE) == 0
    fail(health, ONE)
    assert health.rest(ONE) == 15
    assert "left alone for 15 s" in health.trouble(ONE)
    assert health.rest(OTHER) == 0
    world.now += 15
    assert health.rest(ONE) == 0


def test_faults_of_several_models_are_their_providers(health):
    third = ModelRef("openai", "third")
    for ref in (ONE, OTHER, third):
        fail(health, ref, times=min(MODEL_FAULTS - 1, PROVIDER_FAULTS))
        if health.rest(third):
            break
    assert health.rest(ModelRef("openai", "a fourth")) > 0
    assert health.rest(ModelRef("anthropic", "one")) == 0


def test_success_in_between_starts_the_count_anew(health):
    for _ in range(3):
        fail(health, ONE, times=MODEL_FAULTS - 1)
        with health.watching(ONE):
            pass
    assert health.rest(ONE) == 0


@pytest.mark.parametrize(
    "fault", [ProviderFault.BAD_REQUEST, ProviderFault.OVER_BUDGET, ProviderFault.RATE_LIMITED]
)
def test_faults_that_say_nothing_of_health_do_not_count(health, fault):
    fail(health, ONE, fault, times=50)
    assert health.rest(ONE) == 0


def test_one_trial_only_and_a_failed_one_doubles_the_rest(health, world):
    fail(health, ONE, times=MODEL_FAULTS)
    world.now += 15
    with pytest.raises(ProviderError), health.watching(ONE):
        # nine more come meanwhile
        for _ in range(9):
            with pytest.raises(ProviderError, match="left alone"), health.watching(ONE):
                pytest.fail("a second trial was let through")
        raise ProviderError("No.", provider="openai", fault=ProviderFault.UNAVAILABLE)
    assert health.rest(ONE) == 30


def test_a_cancelled_trial_leaves_it_to_the_next(health, world):
    fail(health, ONE, times=MODEL_FAULTS)
    world.now += 15
    with pytest.raises(GeneratorExit), health.watching(ONE):
        raise GeneratorExit
    assert health.rest(ONE) == 0
    with health.watching(ONE):
        pass
    fail(health, ONE, times=MODEL_FAULTS - 1)
    assert health.rest(ONE) == 0


def test_a_late_success_of_a_call_from_before_does_not_close_it(world):
    circuit = Circuit(1, world.clock)
    early, late = circuit.begin(), circuit.begin()
    circuit.failed(early)
    circuit.succeeded(late)
    assert circuit.rest == 15


async def test_all_wait_where_one_was_told_to(health, world):
    fail(health, ONE, ProviderFault.RATE_LIMITED, retry_after=9)
    fail(health, ONE, ProviderFault.RATE_LIMITED, retry_after=2)
    await health.turn(OTHER, ends_at=world.now + 60)
    assert world.slept == [9]
    await health.turn(ModelRef("gemini", "x"), ends_at=0)
    await health.turn(ONE, ends_at=0)
    assert world.slept == [9]


async def test_a_wait_beyond_the_deadline_is_not_begun(health, world):
    fail(health, ONE, ProviderFault.RATE_LIMITED, retry_after=9)
    with pytest.raises(ProviderError, match="OpenAI has asked to be left alone for 9 s more") as caught:
        await health.turn(OTHER, ends_at=world.now + 5)
    assert caught.value.retry_after == 9
    assert world.slept == []
