"""Requests as people write them, and the blueprint each must become; the corpus stands in requests.txt."""

from pathlib import Path

import pytest

from codecompanion.orchestra.templates.blueprint import Blueprint, Field
from codecompanion.orchestra.templates.request import read_request

CORPUS = (Path(__file__).parent / "requests.txt").read_text(encoding="utf-8").strip().split("\n\n")


def described(blueprint: Blueprint) -> list[str]:
    """The blueprint in the words of the corpus."""
    page = " with page" if blueprint.template == "api service" and blueprint.with_page else ""
    lines = [f"{blueprint.template}{page}"]
    for entity in blueprint.entities:
        first, *others = entity.fields
        fields = [in_words(first), *(in_words(other) + "!" * other.required for other in others)]
        lines.append(f"{entity.name} / {entity.plural}: {', '.join(fields)}")
    if blueprint.measures:
        groups = ", ".join(grouping.column for grouping in blueprint.groupings)
        lines.append(f"by {groups}: {', '.join(measure.column for measure in blueprint.measures)}")
    return lines + [f"left out: {wish}" for wish in blueprint.left_out]


def in_words(field: Field) -> str:
    kind = "|".join(field.choices) if field.choices else field.type
    return field.name if kind == "text" else f"{field.name} {kind}"


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.partition("\n")[0][:60])
def test_a_request_becomes_its_blueprint(case):
    request, *expected = case.split("\n")
    blueprint = read_request(request.replace("\\n", "\n"))
    assert described(blueprint) == expected
    assert all(entity.fields[0].required for entity in blueprint.entities)


def test_the_corpus_is_broad():
    templates = [case.split("\n")[1].removesuffix(" with page") for case in CORPUS]
    assert len(CORPUS) >= 140
    assert all(templates.count(name) >= 20 for name in ("web app", "api service", "data pipeline"))


def test_the_template_can_be_given_apart_from_the_request():
    said = "loans with member, book and due date"
    names = {name: read_request(said, name).package for name in ("web app", "API service", "data_pipeline")}
    assert names == {
        "web app": "loan_app",
        "API service": "loan_api",
        "data_pipeline": "loan_pipeline",
    }


def test_labels_keep_what_people_wrote():
    blueprint = read_request("an API for books with ISBN, dueDate, owner's name, größe, 名前 and __proto__")
    labels = {field.name: field.label for field in blueprint.entities[0].fields}
    assert labels == {
        "isbn": "ISBN",
        "due_date": "Due date",
        "owners_name": "Owner's name",
        "grosse": "Größe",
        "field_5": "名前",
        "proto": "Proto",
    }


def test_a_field_is_named_once_and_an_id_is_the_services_own():
    blueprint = read_request("an API for books with id, title, author, title and Title")
    assert [field.name for field in blueprint.entities[0].fields] == ["title", "author"]


def test_too_many_fields_and_kinds_of_record_are_told():
    fields = ", ".join(f"size {letter}" for letter in "abcdefghijklmnopqrstuvw")
    kinds = "students, teachers, rooms, lessons, exams, pupils, clubs and buses"
    many_fields = read_request(f"an API for books with {fields}")
    many_kinds = read_request(f"an API for a school with {kinds}")
    assert len(many_fields.entities[0].fields) == 20
    assert many_fields.left_out[0] == "the field 'size u' (20 fit)"
    assert len(many_kinds.entities) == 6
    assert "buses (only 6 kinds of record fit)" in many_kinds.left_out


@pytest.mark.parametrize(
    ("request_text", "note"),
    [
        ("a web app", "The request does not say what the records are, so they are called items."),
        ("rest api for a hotel", "The request names no records, so it keeps the bookings of a hotel."),
        ("an expense tracker", "The request names no kind of software; a web app fits it best."),
        ("an API for books", "names no fields for books, so they have title, author, year and notes."),
        ("a to-do API with priorities", "It also keeps the title of to-dos."),
        ("a data pipeline for sales with region and amount", "so it groups by region."),
        ("a website with a backend for books", "so this is an API service with a web page."),
    ],
)
def test_what_was_assumed_is_said(request_text, note):
    assert note in " ".join(read_request(request_text).assumptions)
