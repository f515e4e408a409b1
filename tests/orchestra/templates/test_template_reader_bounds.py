"""Whatever the text, the reader answers or refuses, in bounded time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.errors import BadRequest, CannotBuild
from codecompanion.orchestra.templates.blueprint import TEMPLATE_NAMES, Blueprint
from codecompanion.orchestra.templates.request import read_request

LONGEST = 4000
WORDS = re.findall(
    r"\S+",
    "an api service web app data pipeline for with and , : ; . ( ) [ ] / | books title by per sum total "
    "average of the each every has have to track manage list group groups grouped count in is that which "
    "where store stores reading orders number date 1 it é ' - login i we can let both counts daily without "
    "drop read csv json convert",
)
ADVERSARIAL = {
    "one letter words": "a " * 2000,
    "open brackets": "(" * LONGEST,
    "one long word": "x" * LONGEST,
    "openers": "with " * 800,
    "separators": "and " * 1000,
    "many things": "an api for " + "a, " * 1300,
    "many fields": "an api for books with " + ", ".join(f"f{number}" for number in range(700)),
    "groups": "for each " * 440,
    "by": "by " * 1300,
    "sums": "sum of the " * 360,
    "totals": "pipeline total a, b and " * 160,
    "dots": "a.b" * 1300,
    "hyphens": "a-" * 2000,
    "apostrophes": "a'b" * 1300,
    "pairs": "a : number " * 360,
    "grows when normalised": "\ufdfa" * LONGEST,
    "combining marks": "a" + "\u0301" * 3999,
    "newlines": "- a\n" * 1000,
}


def read(text: str, template: str | None) -> Blueprint | None:
    try:
        return read_request(text, template)
    except (CannotBuild, BadRequest):
        return None


@pytest.mark.parametrize("template", [None, *TEMPLATE_NAMES])
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_hostile_texts_take_no_long_time(name, template):
    # the processor time of this thread, so that a busy machine does not count
    started = time.thread_time()
    read(ADVERSARIAL[name][:LONGEST], template)
    assert time.thread_time() - started < 1


def assert_sound(blueprint: Blueprint | None) -> None:
    """What every later step relies on."""
    if blueprint is None:
        return
    names = [name for entity in blueprint.entities for name in {entity.name, entity.plural}]
    assert len(set(names)) == len(names)
    assert 1 <= len(blueprint.entities) <= 6
    assert blueprint.package.isidentifier() and blueprint.package.isascii()
    for entity in blueprint.entities:
        fields = [field.name for field in entity.fields]
        assert 1 <= len(fields) <= 20 + len(blueprint.measures) + len(blueprint.groupings)
        assert len(set(fields)) == len(fields)
        assert "id" not in fields
        assert all(name.isidentifier() and name.isascii() and name == name.lower() for name in fields)
        assert all((field.type == "choice") == (len(field.choices) > 1) for field in entity.fields)
        assert all(field.label and "\n" not in field.label for field in entity.fields)
    known = {field.name for field in blueprint.entities[0].fields} | {""}
    assert known.issuperset(grouping.field for grouping in blueprint.groupings)
    assert known.issuperset(measure.field for measure in blueprint.measures)


@given(text=st.text(max_size=300), template=st.sampled_from([None, *TEMPLATE_NAMES]))
def test_any_text_is_answered_or_refused(text, template):
    assert_sound(read(text, template))


@given(words=st.lists(st.sampled_from(WORDS), max_size=60), template=st.sampled_from([None, *TEMPLATE_NAMES]))
def test_any_words_are_answered_or_refused(words, template):
    assert_sound(read(" ".join(words), template))


@given(words=st.lists(st.sampled_from(WORDS), max_size=40))
def test_the_same_request_always_gives_the_same_blueprint(words):
    text = "an api service for " + " ".join(words)
    assert read(text, None) == read(text, None)
