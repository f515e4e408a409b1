"""Contracts made without a check are no different from checked ones."""

import pickle

from codecompanion.contracts.events import Context, Recorded, StopRequested
from codecompanion.memory.unchecked import unchecked


def test_nothing_tells_an_unchecked_contract_from_a_checked_one() -> None:
    fields = {
        "run_id": "run-1",
        "version": 3,
        "position": 7,
        "at": 2.5,
        "body": StopRequested(reason="enough"),
        "context": Context(correlation_id="run-1"),
    }
    checked, made = Recorded(**fields), unchecked(Recorded, dict(fields))
    assert (made, repr(made), made.model_fields_set) == (checked, repr(checked), checked.model_fields_set)
    assert made.model_dump_json() == checked.model_dump_json()
    assert made.model_copy(update={"version": 4}) == checked.model_copy(update={"version": 4})
    assert pickle.loads(pickle.dumps(made)) == checked
    assert list(made.__dict__) == list(Recorded.model_fields)
