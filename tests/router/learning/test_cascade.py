"""Cheap first where tests judge the work; what they find goes to another model."""

import pytest

from codecompanion.contracts.messages import Priority, Role
from codecompanion.router.choice import Eligible
from codecompanion.router.config import ModelRef
from codecompanion.router.learning.cascade import with_mending
from codecompanion.router.learning.learner import Learner, LearningTerms
from codecompanion.router.learning.live_pacing import Pace

from .test_learner import BOTH, CLAUDE, GPT, folder, observed, request  # noqa: F401 - a fixture among them

CHEAP = ModelRef("local", "small")
PAIR = Eligible((GPT, CHEAP))


def listed(kind, size, arm):
    return 0.0 if arm.startswith("local/") else 0.2


async def known(folder, cheap_wins=0.7, rounds=40, **terms):  # noqa: F811
    """Return a learner that knows a dear model as good, and a cheap one as good enough."""
    store, records = folder
    for number in range(rounds):
        await records.note_reward(observed(GPT, 0.9, cost=0.2, reason="all 3 tests passed"))
        won = 10 * cheap_wins > 7 * number % 10
        await records.note_reward(observed(CHEAP, float(won), reason="all 3 tests passed"))
    learner = Learner(records, store, lambda: LearningTerms(explore=0.0, **terms), lambda: 50.0, listed=listed)
    await learner.open()
    return learner


async def last(folder):  # noqa: F811
    return (await folder[1].router_decisions())[-1]


def test_a_first_try_is_worth_what_the_others_can_mend_of_it():
    assert with_mending([0.8, 0.6], [0.9, 0.6]) == pytest.approx([0.8 + 0.1 * 0.8 * 0.6, 0.6 + 0.4 * 0.8 * 0.8])
    # one that never succeeds wins nothing, and nobody is left for the only one
    assert with_mending([0.8, 0.0], [0.9, 0.0])[1] == pytest.approx(0.64)
    assert with_mending([0.8], [0.5]) == [0.8]


async def test_the_cheap_model_goes_first_and_it_is_said_why(folder):  # noqa: F811
    learner = await known(folder, weights="cost=0.8")
    assert learner.decide(request(), PAIR) == CHEAP
    await learner.journal()
    kept = await last(folder)
    assert kept.how == "cheap first"
    assert "goes first because it is cheap" in kept.reason
    assert "another model mends what they find" in kept.reason


async def test_what_the_tests_find_goes_to_another_model(folder):  # noqa: F811
    learner = await known(folder, weights="cost=0.8")
    assert learner.decide(request(), PAIR) == CHEAP
    await learner.journal()
    # also where the program was started anew in between
    for one in (learner, await known(folder, rounds=0, weights="cost=0.8")):
        repair = request("mend-1", role=Role.DEBUGGER)
        assert one.decide(repair, Eligible((CHEAP, GPT))) == GPT
    await learner.journal()
    assert (await last(folder)).how == "escalated"


@pytest.mark.parametrize("why", ["critical", "pinned", "switched off", "nothing to mend with", "no tests"])
async def test_there_is_no_cascade_where_it_must_not_be(folder, why):  # noqa: F811
    learner = await known(folder, weights="cost=0.8", cascade=why != "switched off")
    asked, eligible = request(), PAIR
    if why == "critical":
        asked = request(priority=Priority.URGENT)
    elif why == "pinned":
        eligible = PAIR._replace(pinned=True)
    elif why == "nothing to mend with":
        eligible = Eligible((GPT,))
    elif why == "no tests":
        await folder[1].note_reward(observed(GPT, 1.0, reason="no tests ran; 1 of 1 edits landed"))
        learner = await known(folder, rounds=0, weights="cost=0.8")
    assert learner.decide(asked, eligible) == GPT
    await learner.journal()
    assert (await last(folder)).how != "cheap first"


async def test_a_run_that_writes_tests_is_tested_though_the_folder_never_was(folder):  # noqa: F811
    learner = await known(folder, rounds=0, weights="cost=1")
    untested = learner.decide(request(), BOTH)
    assert untested == GPT
    tested = request("t2").model_copy(update={"tested": True})
    learner.decide(tested, PAIR)
    await learner.journal()
    assert (await last(folder)).how == "cheap first"


async def test_a_test_writer_is_no_cascade(folder):  # noqa: F811
    learner = await known(folder, weights="cost=0.8")
    learner.decide(request(role=Role.TEST_WRITER).model_copy(update={"tested": True}), PAIR)
    await learner.journal()
    assert (await last(folder)).how == "learned"


async def test_a_budget_that_presses_moves_the_live_choice_and_is_told(folder):  # noqa: F811
    learner = await known(folder, weights="quality", cascade=False)
    assert learner.decide(request(), PAIR) == GPT
    pressed = PAIR._replace(pace=Pace("budget.day", 0.9, 0.5, 0.05))
    assert learner.decide(request("t2"), pressed) == CHEAP
    assert learner.decide(request("t3"), PAIR) == GPT
    await learner.journal()
    weights = [one.weights for one in await folder[1].router_decisions()]
    assert weights[0] == weights[2] == "quality"
    assert "for a dollar, as budget.day has to last (90% of it spent, 50% of its day gone)" in weights[1]


async def test_a_new_model_that_is_dear_is_known_to_be_dear(folder):  # noqa: F811
    learner = await known(folder, rounds=0, weights="cheap")
    learner.decide(request(), Eligible((GPT, CLAUDE, CHEAP)))
    await learner.journal()
    dollars = {one.model: one.dollars for one in (await last(folder)).considered}
    assert dollars == {str(GPT): 0.2, str(CLAUDE): 0.2, str(CHEAP): 0.0}
