"""Answers about commands: asked once for each content, remembered outside the folder, no answer is a no."""

from pathlib import Path

import pytest

from codecompanion.contracts.consent import CommandRequest, ConsentGiven, NobodyToAsk
from codecompanion.server.trust.consents import RememberedConsent, question
from codecompanion.server.trust.editor_trust import vouched_for
from codecompanion.server.trust.ledger import TrustLedger

REQUEST = CommandRequest(
    workspace="/ws",
    typed="npm test",
    why="it runs what is written in package.json",
    shown="test = jest",
    content="c1",
)


class Person:
    """Answers as told, and remembers the questions."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0)


async def test_a_yes_holds_for_its_content_in_this_and_later_sessions(tmp_path: Path) -> None:
    ledger, person = TrustLedger(tmp_path / "trust.json"), Person(False, True, False)
    consent = RememberedConsent(ledger, person.ask)
    assert [await consent.allows(REQUEST) for _ in range(3)] == [False, True, True]
    later = RememberedConsent(TrustLedger(tmp_path / "trust.json"), None)
    assert await later.allows(REQUEST)
    assert not await consent.allows(REQUEST.model_copy(update={"content": "c2"}))
    assert len(person.asked) == 3
    assert not later.can_ask


async def test_what_is_not_lasting_is_asked_for_each_time(tmp_path: Path) -> None:
    person = Person(True, True, False)
    consent = RememberedConsent(TrustLedger(tmp_path / "trust.json"), person.ask)
    once = REQUEST.model_copy(update={"lasting": False})
    assert [await consent.allows(once) for _ in range(3)] == [True, True, False]
    assert not (tmp_path / "trust.json").exists()
    assert "You are asked each time." in question(once)


async def test_a_yes_that_cannot_be_kept_holds_for_the_session(tmp_path: Path) -> None:
    person = Person(True)
    consent = RememberedConsent(TrustLedger(None), person.ask)
    assert await consent.allows(REQUEST)
    assert await consent.allows(REQUEST)


async def test_nobody_says_no_and_a_word_given_beforehand_is_a_yes() -> None:
    assert not await NobodyToAsk().allows(REQUEST)
    assert not NobodyToAsk().can_ask
    assert await ConsentGiven().allows(REQUEST)


def test_the_question_shows_the_command_and_what_it_runs() -> None:
    asked = question(REQUEST)
    assert "`npm test`" in asked
    assert "package.json" in asked
    assert "test = jest" in asked


@pytest.mark.parametrize(
    ("options", "trusted"),
    [
        ({"trusted": True}, True),
        ({"orchestra": {"trusted": True}}, True),
        ({"trusted": False}, False),
        ({"trusted": "true"}, False),
        ({"orchestra": True}, False),
        ({"orchestra.trusted": True}, False),
        ([], False),
        (None, False),
    ],
)
def test_only_a_plain_word_of_the_editor_counts(options: object, trusted: bool) -> None:
    assert vouched_for(options) is trusted
