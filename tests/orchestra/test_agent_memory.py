"""An agent's history is bounded and keeps the gist of what no longer fits."""

from codecompanion.orchestra.agents.history import History, Turn


def turn(number: int, size: int = 10) -> Turn:
    return Turn(f"task {number}", "q" * size, "a" * size, f"did {number}")


def test_recent_turns_are_kept_whole_in_order() -> None:
    history = History(1000)
    history.add(turn(1))
    history.add(turn(2))
    roles = [message.role for message in history.messages()]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert history.messages()[0].text == "q" * 10


def test_older_turns_become_one_line_each() -> None:
    history = History(100)
    for number in range(10):
        history.add(turn(number, 20))
    messages = history.messages()
    assert "- task 7: did 7" in messages[0].text
    assert "… and" in messages[0].text
    assert messages[-1].text == "a" * 20
    assert "task 9" not in messages[0].text


def test_it_never_grows_past_its_bound_by_more_than_the_summary() -> None:
    history = History(500)
    for number in range(200):
        history.add(turn(number, 100))
    assert sum(len(message.text) for message in history.messages()) <= 2 * 500 + 150


def test_an_empty_history_says_nothing() -> None:
    assert History(100).messages() == ()
