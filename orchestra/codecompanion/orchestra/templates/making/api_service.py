"""The "api service" template: Python's standard library, SQLite, and a web page when one is wished for."""

from typing import Any

from codecompanion.contracts.messages import Priority, Role
from codecompanion.orchestra.templates.blueprint import Blueprint, Entity
from codecompanion.orchestra.templates.making.literals import python_call
from codecompanion.orchestra.templates.making.page import PAGE_ACCEPTANCE, page_values, value_test_values
from codecompanion.orchestra.templates.making.samples import record, wrong_json
from codecompanion.orchestra.templates.making.shares import (
    Share,
    Source,
    entity_in_words,
    kinds_of_record,
    readme_values,
)

_SEARCHED = ("text", "long_text", "email")


def api_service(blueprint: Blueprint) -> list[Share]:
    """Return the shares of an API service."""
    maker = _ApiService(blueprint)
    shares = [maker.records(), maker.storage(), maker.service(), maker.start(), maker.tests()]
    return [*shares, maker.page(), maker.page_tests()] if blueprint.with_page else shares


class _ApiService:
    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._things = kinds_of_record(blueprint.entities)
        self._values: dict[str, Any] = {
            "package": blueprint.package,
            "title": blueprint.title,
            "entities": blueprint.entities,
            "with_page": blueprint.with_page,
            "fields_code": _fields_code,
            "database": f"{blueprint.entities[0].plural}.db",
        }

    def _package(self, name: str) -> Source:
        return Source(f"{self._blueprint.package}/{name}", f"api_service/package/{name}", self._values)

    def records(self) -> Share:
        return Share(
            id="records",
            title=f"Describe {self._things} and check their values",
            role=Role.CODE_GENERATOR,
            sources=tuple(self._package(name) for name in ("__init__.py", "models.py", "fields.py")),
            acceptance=(
                *(entity_in_words(entity) for entity in self._blueprint.entities),
                "A value that does not fit is refused with the field's name and what to write instead.",
                "All errors of a record are told at once; an unknown field is one of them.",
                "An empty text counts as no value; a needed field must have one.",
            ),
            priority=Priority.HIGH,
        )

    def storage(self) -> Share:
        return Share(
            id="storage",
            title="Keep the records in SQLite",
            role=Role.CODE_GENERATOR,
            sources=(self._package("storage.py"),),
            depends_on=("records",),
            acceptance=(
                "Records can be created, read, changed, deleted and listed in pages, sorted by any field.",
                "A search finds records that contain a text; % and _ have no special meaning in it.",
                "Every value is bound as a parameter; names that are SQL keywords work.",
                "Records are still there when the file is opened again; threads can share the storage.",
            ),
            priority=Priority.HIGH,
        )

    def service(self) -> Share:
        routes = ", ".join(f"/api/{entity.plural}" for entity in self._blueprint.entities)
        return Share(
            id="service",
            title=f"Serve {self._things} over HTTP",
            role=Role.CODE_GENERATOR,
            sources=(self._package("service.py"),),
            depends_on=("records", "storage"),
            acceptance=(
                f"GET and POST on {routes}; GET, PUT, PATCH and DELETE on one record by its id.",
                "POST answers 201 with Location, DELETE 204, the others 200; GET /health says ok.",
                "Lists take q, sort (-name for descending), limit up to 100 and offset.",
                "Errors are JSON with a message and errors by field: 400, 404, 405 with Allow, 411, 413, 415.",
                "A body over 256 KiB is refused; a wrong request never ends the service.",
            ),
        )

    def start(self) -> Share:
        example = {"example": record(self._blueprint.entities[0], 0)}
        readme = Source(
            "README.md", "api_service/README.md", self._values | readme_values(self._blueprint) | example
        )
        return Share(
            id="start",
            title="Start the service from the command line, and say how in a README",
            role=Role.CODE_GENERATOR,
            sources=(self._package("__main__.py"), readme),
            depends_on=("service",),
            acceptance=(
                f"python -m {self._blueprint.package} --port N --database F starts it; 0 takes any free one.",
                "It prints the address it listens on, and listens on this machine only unless told otherwise.",
                "A port that is taken or a database that cannot be opened ends it with one clear line.",
                "The README says how to start, use and test it.",
            ),
        )

    def page(self) -> Share:
        folder = f"{self._blueprint.package}/static"
        values = page_values(self._blueprint, main_script="app.js", values_module="values.mjs", connect="self")
        return Share(
            id="page",
            title=f"Design the web page for {self._things}",
            role=Role.UI_DESIGNER,
            sources=(
                Source(f"{folder}/index.html", "shared/index.html", values),
                Source(f"{folder}/style.css", "shared/style.css", values),
                Source(f"{folder}/app.js", "api_service/static/app.js", values),
                Source(f"{folder}/view.js", "shared/view.js", values),
                Source(f"{folder}/values.mjs", "api_service/static/values.mjs", values),
            ),
            depends_on=("records",),
            acceptance=("GET / shows the page; it works through the service's own API.", *PAGE_ACCEPTANCE),
        )

    def tests(self) -> Share:
        entities = self._blueprint.entities
        rules = self._values | {
            "entity": entities[0],
            "plurals": [entity.plural for entity in entities],
            "samples": {"first": record(entities[0], 0)},
        }
        return Share(
            id="tests",
            title=f"Test the service with {self._things}",
            role=Role.TEST_WRITER,
            sources=(
                Source("tests/__init__.py", "api_service/tests/__init__.py", self._values),
                Source("tests/support.py", "api_service/tests/support.py", self._values),
                *(self._record_tests(entity) for entity in entities),
                Source("tests/test_fields.py", "api_service/tests/test_fields.py", self._values),
                Source("tests/test_storage.py", "api_service/tests/test_storage.py", rules),
                Source("tests/test_http_rules.py", "api_service/tests/test_http_rules.py", rules),
            ),
            acceptance=(
                "python -m unittest discover passes with Python alone.",
                "Every kind of record is created, read, changed, deleted, listed and refused over real HTTP.",
                "Every status code the service promises is provoked once.",
            ),
        )

    def _record_tests(self, entity: Entity) -> Source:
        first, second = record(entity, 0), record(entity, 1)
        last = entity.fields[-1].name
        values = self._values | {
            "entity": entity,
            "class_name": f"{entity.plural.title().replace('_', '')}ApiTest",
            "searched": next((field.name for field in entity.fields if field.type in _SEARCHED), ""),
            "optional": [field.name for field in entity.fields if not field.required],
            "samples": {
                "first": first,
                "second": second,
                "change": {last: second[last]},
                "needed": {field.name: first[field.name] for field in entity.fields if field.required},
                "wrong": wrong_json(entity),
            },
        }
        return Source(f"tests/test_{entity.plural}_api.py", "api_service/tests/test_records.py", values)

    def page_tests(self) -> Share:
        values = self._values | value_test_values(self._blueprint.entities[0])
        return Share(
            id="page-tests",
            title="Test what the page does with typed values",
            role=Role.TEST_WRITER,
            sources=(Source("tests/page.test.mjs", "api_service/tests/page.test.mjs", values),),
            acceptance=("node --test passes with Node 20 alone.",),
        )


def _fields_code(entity: Entity) -> list[str]:
    return [
        python_call("Field", f.name, f.label, kind=f.type, required=f.required, choices=f.choices, indent=12)
        for f in entity.fields
    ]
