"""The "web app" template: HTML, CSS and JavaScript modules in the browser, without a build step."""

from typing import Any

from codecompanion.contracts.messages import Priority, Role
from codecompanion.orchestra.templates.blueprint import Blueprint
from codecompanion.orchestra.templates.making.page import PAGE_ACCEPTANCE, page_values, value_test_values
from codecompanion.orchestra.templates.making.samples import record
from codecompanion.orchestra.templates.making.shares import (
    Share,
    Source,
    entity_in_words,
    kinds_of_record,
    readme_values,
)


def web_app(blueprint: Blueprint) -> list[Share]:
    """Return the shares of a web app."""
    things = kinds_of_record(blueprint.entities)
    values: dict[str, Any] = {
        "package": blueprint.package,
        "title": blueprint.title,
        "entities": blueprint.entities,
        **readme_values(blueprint),
    }
    return [
        _model(blueprint, things, values),
        _storage(values),
        _page(blueprint, things),
        _start(values),
        _tests(blueprint, things, values),
    ]


def _model(blueprint: Blueprint, things: str, values: dict[str, Any]) -> Share:
    return Share(
        id="model",
        title=f"Describe {things}, check, search and sort them",
        role=Role.CODE_GENERATOR,
        sources=(
            Source("src/schema.js", "web_app/schema.js", values),
            Source("src/model.js", "web_app/model.js", values),
        ),
        acceptance=(
            *(entity_in_words(entity) for entity in blueprint.entities),
            "What is typed becomes values; what does not fit is refused with what to write instead.",
            "A search looks into every field whatever the case; sorting puts empty values last.",
            "The module touches neither the page nor the browser's storage.",
        ),
        priority=Priority.HIGH,
    )


def _storage(values: dict[str, Any]) -> Share:
    return Share(
        id="storage",
        title="Keep the records in the browser",
        role=Role.CODE_GENERATOR,
        sources=(Source("src/storage.js", "web_app/storage.js", values),),
        depends_on=("model",),
        acceptance=(
            "Records are saved, changed, deleted and listed in pages; they survive closing the tab.",
            "Two open tabs do not overwrite each other's records.",
            "Records that cannot be read and a full storage are told, and nothing is lost.",
        ),
    )


def _page(blueprint: Blueprint, things: str) -> Share:
    values = page_values(blueprint, main_script="src/main.js", values_module="model.js", connect="none")
    return Share(
        id="page",
        title=f"Design the page for {things}",
        role=Role.UI_DESIGNER,
        sources=(
            Source("index.html", "shared/index.html", values),
            Source("style.css", "shared/style.css", values),
            Source("src/view.js", "shared/view.js", values),
            Source("src/main.js", "web_app/main.js", values),
        ),
        depends_on=("model",),
        acceptance=PAGE_ACCEPTANCE,
        priority=Priority.HIGH,
    )


def _start(values: dict[str, Any]) -> Share:
    return Share(
        id="start",
        title="Open the app with one command, and say how in a README",
        role=Role.CODE_GENERATOR,
        sources=(
            Source("package.json", "web_app/package.json", values),
            Source("serve.py", "web_app/serve.py", values),
            Source("README.md", "web_app/README.md", values),
        ),
        acceptance=(
            "python serve.py serves the app on this machine only and prints its address.",
            "npm test runs the tests; nothing has to be installed.",
            "The README says how to open, use and test it.",
        ),
    )


def _tests(blueprint: Blueprint, things: str, values: dict[str, Any]) -> Share:
    stored = {
        entity.plural: {"first": record(entity, 0), "second": record(entity, 1)}
        for entity in blueprint.entities
    }
    return Share(
        id="tests",
        title=f"Test the model and the storage with {things}",
        role=Role.TEST_WRITER,
        sources=(
            Source("tests/model.test.js", "web_app/model.test.js", value_test_values(blueprint.entities[0])),
            Source("tests/storage.test.js", "web_app/storage.test.js", values | {"samples": stored}),
        ),
        acceptance=(
            "node --test passes with Node 20 alone.",
            "Every kind of record is saved, changed, deleted and refused.",
        ),
    )
