"""Every policy behind the port: it learns what is better, is honest about its chances, and repeats itself."""

from collections import Counter
from random import Random

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.naming import NAMES, make_policy
from codecompanion.router.learning.policy import Outcome, Situation, propensities
from codecompanion.router.learning.pooled import Exploring, PooledPolicy
from codecompanion.router.learning.quality import Prior, QualityBeliefs
from codecompanion.router.learning.weights import parse_weights

HERE = Situation(kind="code")
LEARNING = ("pooled", "beta-ts", "beta-ts-10", "flat-beta-ts", "lints")
ARMS = ("good", "middling", "bad")
SCORES = {"good": 0.9, "middling": 0.5, "bad": 0.1}


def lived(policy, rounds=300, seed=5, delay=0):
    """Let a policy choose and learn; returns how often it picked what in the second half."""
    rng = Random(seed)
    waiting, picked = [], Counter()
    for number in range(rounds):
        arm = policy.choose(HERE, ARMS).arm
        waiting.append((arm, Outcome(quality=float(rng.random() < SCORES[arm]))))
        if len(waiting) > delay:
            policy.learn(HERE, *waiting.pop(0))
        if number >= rounds // 2:
            picked[arm] += 1
    return picked


@pytest.mark.parametrize("delay", [0, 16])
@pytest.mark.parametrize("name", LEARNING)
def test_a_learning_policy_ends_with_the_best_model(name, delay):
    picked = lived(make_policy(name, Random(1), Burdens()), delay=delay)
    assert picked["good"] > 0.75 * picked.total()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fixed:MODEL"] + ["fixed:middling"])
def test_the_same_seed_gives_the_same_picks(name):
    def picks():
        policy = make_policy(name, Random(3), Burdens())
        lived(policy, 40)
        return [policy.choose(HERE, ARMS) for _ in range(5)]

    assert picks() == picks()


@pytest.mark.parametrize("name", [*LEARNING, "random"])
def test_propensities_are_how_often_a_model_is_picked(name):
    policy = make_policy(name, Random(3), Burdens())
    lived(policy, 12)
    picks = [policy.choose(HERE, ARMS) for _ in range(4000)]
    often = Counter(pick.arm for pick in picks)
    for number, arm in enumerate(ARMS):
        chance = propensities(picks[0].centres, picks[0].spreads)[number]
        # a Beta posterior's are those of normal distributions with the same moments
        assert often[arm] / len(picks) == pytest.approx(chance, abs=0.08 if "beta" in name else 0.03)


def test_the_chances_of_all_add_up_and_ties_go_to_the_first():
    assert sum(propensities((0.4, 0.5, 0.1), (0.1, 0.1, 0.3))) == pytest.approx(1.0)
    assert propensities((0.5, 0.5), (0.0, 0.0)) == [1.0, 0.0]


def test_one_model_is_picked_with_certainty():
    pick = PooledPolicy(Random(1)).choose(HERE, ["only"])
    assert (pick.arm, pick.explored) == ("only", False)
    assert pick.propensity == pytest.approx(1.0)


def test_an_unknown_policy_names_the_known_ones():
    with pytest.raises(BadRequest, match="unknown policy 'best'; known: pooled, beta-ts"):
        make_policy("best", Random(1), Burdens())


def test_a_careful_call_tries_nothing_out():
    policy = PooledPolicy(Random(1))
    lived(policy, 30)
    careful = Situation(kind="code", careful=True)
    picks = [policy.choose(careful, ARMS) for _ in range(50)]
    assert all(pick.arm == pick.arms[pick.means.index(max(pick.means))] for pick in picks)
    assert {pick.propensity for pick in picks} == {1.0}


def test_trying_out_is_capped():
    policy = PooledPolicy(Random(1), exploring=Exploring(most=0.1))
    explored = 0
    for number in range(1, 201):
        pick = policy.choose(HERE, ARMS)
        policy.learn(HERE, pick.arm, Outcome(quality=SCORES[pick.arm]))
        explored += pick.explored
        assert explored <= 0.1 * number
    assert explored > 0


def test_the_preferred_model_is_taken_until_the_evidence_is_against_it():
    policy = PooledPolicy(Random(1), exploring=Exploring(most=0.1, lean=0.35))
    leaning = Situation(kind="code", preferred="bad")
    first = [policy.choose(leaning, ARMS).arm for _ in range(5)]
    assert set(first) == {"bad"}
    for _ in range(60):
        for arm in ARMS:
            policy.learn(leaning, arm, Outcome(quality=SCORES[arm]))
    assert policy.choose(Situation(kind="code", preferred="bad", careful=True), ARMS).arm == "good"


def test_what_is_seen_at_one_kind_tells_of_the_others():
    beliefs = QualityBeliefs()
    for kind in ("a", "b", "c"):
        for _ in range(30):
            beliefs.learn(Situation(kind=kind), "strong", 0.8)
            beliefs.learn(Situation(kind=kind), "weak", 0.3)
    assert beliefs.belief("new", "strong").mean > beliefs.belief("new", "weak").mean + 0.05


def test_a_hard_kind_is_not_held_against_who_was_asked_for_it():
    beliefs = QualityBeliefs()
    for _ in range(60):
        beliefs.learn(Situation(kind="hard"), "asked", 0.2)
        beliefs.learn(Situation(kind="hard"), "other", 0.1)
        beliefs.learn(Situation(kind="easy"), "other", 0.8)
    assert beliefs.belief("easy", "asked").mean > 0.5


def test_a_prior_counts_like_that_many_tasks_and_wears_off():
    beliefs = QualityBeliefs(priors=lambda kind, arm: Prior(0.9, 20) if arm == "known" else None)
    assert beliefs.belief("code", "known").mean > beliefs.belief("code", "unknown").mean + 0.1
    for _ in range(200):
        beliefs.learn(HERE, "known", 0.2)
    assert beliefs.belief("code", "known").mean == pytest.approx(0.25, abs=0.07)


def test_cost_counts_as_the_weights_say():
    def favourite(weights):
        policy = PooledPolicy(Random(1), burdens=Burdens(parse_weights(weights)))
        for _ in range(60):
            policy.learn(HERE, "dear", Outcome(quality=0.8, dollars=0.1, seconds=5))
            policy.learn(HERE, "slow", Outcome(quality=0.8, dollars=0.01, seconds=90))
            policy.learn(HERE, "poor", Outcome(quality=0.6, dollars=0.01, seconds=5))
        options = policy.outlook("code", ("dear", "slow", "poor"))
        return max(zip(options, ("dear", "slow", "poor"), strict=True))[1]

    assert favourite("quality") in ("dear", "slow")
    assert favourite("cheap") == "slow"
    assert favourite("cost=0,time=0.5") == "dear"
    assert favourite("cost=10,time=0.5") == "poor"


@pytest.mark.parametrize("text", ["chep", "cost=x", "cost=-1", "cost=nan", "speed=1", ""])
def test_unknown_weights_are_refused_with_the_known_ones(text):
    with pytest.raises(BadRequest, match="give one of quality, balanced, cheap, fast"):
        parse_weights(text)


@pytest.mark.parametrize(
    "odd",
    [
        {"quality": float("nan")},
        {"quality": -0.1},
        {"quality": 1.1},
        {"quality": 0.5, "dollars": -1.0},
        {"quality": 0.5, "seconds": float("inf")},
    ],
)
def test_an_outcome_that_cannot_be_meant_is_refused(odd):
    with pytest.raises(BadRequest, match="cannot be used; give a number"):
        Outcome(**odd)
