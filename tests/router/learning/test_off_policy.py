"""What another policy would have brought, estimated from logged decisions whose truth is known."""

from random import Random

import pytest

from codecompanion.contracts.records import BanditObservation, Considered, RouterDecision
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.frontier import Point, area, hull
from codecompanion.router.learning.learned import ModelStanding
from codecompanion.router.learning.naming import make_policy
from codecompanion.router.learning.off_policy import estimated, judged
from codecompanion.router.learning.simulation import made_up

SCORES = {"p/good": 0.8, "p/bad": 0.3}


@pytest.fixture
def log():
    """A thousand decisions by a coin between a good model and a bad one."""
    rng, decisions, observations = Random(4), [], []
    for number in range(1000):
        model = rng.choice(list(SCORES))
        considered = tuple(
            Considered(model=name, quality=0.5, utility=0.5, sample=0.5, propensity=0.5) for name in SCORES
        )
        name = f"r/t{number}#1"
        shared = {"at": 1.0, "run_id": "r", "task_id": f"t{number}", "role": "x", "kind": "k", "decision": name}
        taken = {"provider": "p", "model": model.removeprefix("p/")}
        decisions.append(RouterDecision(reason="", propensity=0.5, considered=considered, **shared, **taken))
        reward = float(rng.random() < SCORES[model])
        observations.append(BanditObservation(reward=reward, **shared, **taken))
    return judged(decisions, observations)


@pytest.mark.parametrize(("name", "truth"), [("fixed:p/good", 0.8), ("fixed:p/bad", 0.3), ("random", 0.55)])
def test_the_truth_lies_in_the_intervals(log, name, truth):
    found = estimated(name, make_policy(name, Random(1), Burdens()), log)
    for estimate in (found.ips, found.doubly_robust):
        assert estimate.low <= truth <= estimate.high
    width = found.doubly_robust.high - found.doubly_robust.low
    assert width < found.ips.high - found.ips.low
    assert found.logged.mean == pytest.approx(0.55, abs=0.05)


def test_a_learning_policy_is_seen_to_beat_the_coin(log):
    found = estimated("pooled", make_policy("pooled", Random(1), Burdens()), log)
    assert found.doubly_robust.low > found.logged.high


def test_only_the_first_verdict_of_a_decision_counts(log):
    decision, verdict = log[0]
    later = verdict.model_copy(update={"reward": 0.0, "weight": 0.5, "reason": "turned down"})
    assert judged([decision], [verdict, later]) == [(decision, verdict)]
    assert judged([decision], []) == []


def test_an_empty_log_gives_no_estimate():
    found = estimated("pooled", make_policy("pooled", Random(1), Burdens()), [])
    assert (found.decisions, found.effective, found.ips.mean) == (0, 0.0, 0.0)


def test_made_up_tasks_are_like_those_of_the_log():
    standing = ModelStanding(
        kind="k", model="p/m", tasks=5, score=0.7, deviation=0.1, dollars=0.02, seconds=3, spent=0.1
    )
    table = made_up([standing, standing.model_copy(update={"kind": "j", "tasks": 15})], 400, Random(1))
    kinds = [task.situation.kind for task in table.tasks]
    assert kinds.count("j") == pytest.approx(300, abs=40)
    scores = [task.outcomes["p/m"].quality for task in table.tasks]
    assert sum(scores) / 400 == pytest.approx(0.7, abs=0.08)


def test_a_hull_rises_and_leaves_out_what_lies_below_it():
    points = [Point(1, 15), Point(2, 16), Point(3, 30), Point(4, 20)]
    assert hull(points) == [Point(0, 0), Point(1, 15), Point(3, 30)]


def test_the_area_is_the_mean_height_between_two_costs():
    assert area([Point(2, 10)], 0, 2) == pytest.approx(5)
    assert area([Point(2, 10)], 2, 4) == pytest.approx(10)
    assert area([Point(2, 10)], 2, 2) == pytest.approx(10)
    assert area([Point(1, 10), Point(3, 30)], 1, 3) == pytest.approx(20)
