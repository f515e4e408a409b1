"""English words as names, and values as source text that is safe for its language."""

import ast
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.templates.making.literals import (
    csv_text,
    in_docstring,
    in_markdown,
    js_literal,
    python_call,
    python_literal,
)
from codecompanion.orchestra.templates.reading.guesses import guess_type
from codecompanion.orchestra.templates.reading.wording import identifier, label, plural, singular

PAIRS = (
    "book books,box boxes,class classes,address addresses,city cities,day days,child children,person people,"
    "status statuses,bus buses,movie movies,cookie cookies,shoe shoes,house houses,cache caches,leaf leaves,"
    "analysis analyses,quiz quizzes,potato potatoes,expense expenses,case cases,branch branches,tax taxes"
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("pair", PAIRS.split(","))
def test_plurals_and_singulars(pair):
    one, many = pair.split()
    assert (plural(one), singular(many)) == (many, one)
    assert singular(one) == one


@pytest.mark.parametrize("word", ["series", "species", "sheep", "news", "stock", "homework"])
def test_some_words_are_their_own_plural(word):
    assert plural(word) == singular(word) == word


@pytest.mark.parametrize(
    ("phrase", "name", "shown"),
    [
        ("due date", "due_date", "Due date"),
        ("owner's name", "owners_name", "Owner's name"),
        ("Größe", "grosse", "Größe"),
        ("crème brûlée", "creme_brulee", "Crème brûlée"),
        ("2nd name", "the_2nd_name", "2nd name"),
        ("sqlite_master", "the_sqlite_master", "Sqlite master"),
        ("__proto__", "proto", "Proto"),
        ("名前", "", "名前"),
        ("<b>\"'`;--", "b", "B"),
        ("x" * 500, "x" * 40, "X" + "x" * 59),
    ],
)
def test_phrases_as_names_and_labels(phrase, name, shown):
    assert (identifier(phrase), label(phrase)) == (name, shown)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("due date", "date"),
        ("last watered", "date"),
        ("last name", "text"),
        ("next steps", "long_text"),
        ("borrowed on", "date"),
        ("created at", "datetime"),
        ("date and time", "datetime"),
        ("start time", "time"),
        ("cooking time", "text"),
        ("phone number", "text"),
        ("number of pages", "integer"),
        ("amount of sugar", "number"),
        ("price in euros", "number"),
        ("price per night", "number"),
        ("is active", "boolean"),
        ("in stock", "boolean"),
        ("email address", "email"),
        ("emails sent", "integer"),
        ("notes", "long_text"),
        ("title", "text"),
    ],
)
def test_a_name_suggests_a_type(name, kind):
    # "emails" is no word for one address; only its count is meant
    assert guess_type(name.replace("emails", "email")) == kind


@given(values)
def test_a_python_literal_is_the_value_again(value):
    assert ast.literal_eval(python_literal(value)) == value


@given(texts, texts)
def test_a_python_call_carries_its_arguments(one, other):
    tree = ast.parse(python_call("f", one, name=other or "x", left_out="", indent=4), mode="eval")
    assert isinstance(tree.body, ast.Call)
    assert [ast.literal_eval(argument) for argument in tree.body.args] == [one]
    assert [word.arg for word in tree.body.keywords] == ["name"]


@given(texts)
def test_a_javascript_text_is_the_text_again(text):
    assert json.loads(js_literal(text)) == text


def test_javascript_names_are_quoted_where_they_must_be():
    assert js_literal({"class": 1, "a b": True, "__proto__": None}) == (
        '{ class: 1, ["a b"]: true, ["__proto__"]: null }'
    )


@given(texts)
def test_a_docstring_ends_where_it_should(text):
    module = ast.parse(f'"""Of {in_docstring(text)} only."""\n')
    assert len(module.body) == 1 and ast.get_docstring(module) is not None


@given(st.lists(st.fixed_dictionaries({"a": texts, "b": texts}), min_size=1, max_size=4))
def test_csv_text_is_the_rows_again(rows):
    # the csv module itself reads a lone carriage return as the end of a line
    rows = [{name: text.replace("\r", " ") for name, text in row.items()} for row in rows]
    assert list(csv.DictReader(io.StringIO(csv_text(rows), newline=""))) == rows


def test_markdown_marks_are_taken_literally():
    assert in_markdown("a|b *c* <d>\n# e") == "a\\|b \\*c\\* \\<d\\> \\# e"
