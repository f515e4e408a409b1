"""The "data pipeline" template: rows read, checked, summarised and written with Python's standard library."""

from typing import Any

from codecompanion.contracts.messages import Priority, Role
from codecompanion.orchestra.templates.blueprint import Blueprint, Field
from codecompanion.orchestra.templates.making.literals import csv_text, python_call
from codecompanion.orchestra.templates.making.rows import expected_result, sample_rows, wrong_texts
from codecompanion.orchestra.templates.making.shares import Share, Source, entity_in_words, readme_values
from codecompanion.orchestra.templates.reading.wording import listed


def data_pipeline(blueprint: Blueprint) -> list[Share]:
    """Return the shares of a data pipeline."""
    maker = _DataPipeline(blueprint)
    shares = [maker.rows(), maker.files(), maker.command(), maker.tests()]
    return [*shares, maker.summary()] if blueprint.measures else shares


class _DataPipeline:
    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._entity = blueprint.entities[0]
        used = {grouping.field for grouping in blueprint.groupings}
        used |= {measure.field for measure in blueprint.measures}
        self._values: dict[str, Any] = {
            "package": blueprint.package,
            "title": blueprint.title,
            "entity": self._entity,
            "groupings": blueprint.groupings,
            "measures": blueprint.measures,
            "needed": tuple(f.name for f in self._entity.fields if f.required or f.name in used),
            "rows": sample_rows(blueprint),
            "result": expected_result(blueprint),
            "wrong": wrong_texts(self._entity),
            "sample_name": f"{self._entity.plural}.csv",
            "description": self._description(),
            "columns": [_column_code(field) for field in self._entity.fields],
            "group_by": [python_call("GroupBy", g.field, part=g.part) for g in blueprint.groupings],
            "measured": [python_call("Measure", *filter(None, (m.kind, m.field))) for m in blueprint.measures],
        }

    def _description(self) -> str:
        if not self._blueprint.measures:
            return f"Checks {self._entity.many} and writes those that fit."
        measured = listed([m.column.replace("_", " ") for m in self._blueprint.measures])
        groups = listed([g.column.replace("_", " ") for g in self._blueprint.groupings])
        return f"Works out the {measured} of {self._entity.many} by {groups}."

    def _package(self, name: str) -> Source:
        return Source(f"{self._blueprint.package}/{name}", f"data_pipeline/package/{name}", self._values)

    def rows(self) -> Share:
        return Share(
            id="rows",
            title=f"Describe the rows of {self._entity.many} and check their values",
            role=Role.CODE_GENERATOR,
            sources=tuple(self._package(name) for name in ("__init__.py", "columns.py", "schema.py")),
            acceptance=(
                entity_in_words(self._entity),
                "A text that does not fit is named, with what was expected; all problems of a row are told.",
                "Numbers are exact decimals; infinities and impossible dates are refused.",
            ),
            priority=Priority.HIGH,
        )

    def files(self) -> Share:
        return Share(
            id="files",
            title="Read CSV and JSON lines, write CSV and JSON",
            role=Role.CODE_GENERATOR,
            sources=(self._package("reading.py"), self._package("writing.py")),
            depends_on=("rows",),
            acceptance=(
                "Every line is a row or a problem with its line number; none is lost silently.",
                "Column names are compared without case and punctuation; a missing one is named.",
                "Rows are read one by one; the result replaces an old file whole or not at all.",
            ),
        )

    def summary(self) -> Share:
        return Share(
            id="summary",
            title=self._description().rstrip(".")[:200],
            role=Role.CODE_GENERATOR,
            sources=(self._package("summary.py"),),
            depends_on=("rows",),
            acceptance=(
                self._description(),
                "Empty values are not averaged; records without a group's value form a group of their own.",
                "Groups come in order; sums are exact.",
            ),
        )

    def command(self) -> Share:
        sample = {"text": csv_text(self._values["rows"])}
        result = {"result_text": csv_text(self._values["result"])}
        readme = self._values | readme_values(self._blueprint) | result
        return Share(
            id="command",
            title="Run it from the command line, with a sample and a README",
            role=Role.CODE_GENERATOR,
            sources=(
                self._package("pipeline.py"),
                self._package("__main__.py"),
                Source(f"sample/{self._values['sample_name']}", "data_pipeline/sample.csv", sample),
                Source("README.md", "data_pipeline/README.md", readme),
            ),
            depends_on=("rows", "files", "summary") if self._blueprint.measures else ("rows", "files"),
            acceptance=(
                f"python -m {self._blueprint.package} INPUT --output FILE writes the result as .csv or .json.",
                "It says how many rows were used, refused and written, and shows each problem with its line.",
                "--problems FILE lists every refused row; an unusable file ends it with one clear line.",
            ),
        )

    def tests(self) -> Share:
        names = ["test_columns.py", "test_reading.py", "test_command.py"]
        if self._blueprint.measures:
            names.append("test_summary.py")
        return Share(
            id="tests",
            title=f"Test the pipeline with {self._entity.many}",
            role=Role.TEST_WRITER,
            sources=tuple(
                Source(f"tests/{name}", f"data_pipeline/tests/{name}", self._values)
                for name in ("__init__.py", *names)
            ),
            acceptance=(
                "python -m unittest discover passes with Python alone.",
                "The result of known rows is compared with one worked out by hand.",
                "Every column that can be wrong is wrong once, and its row is reported with its line.",
            ),
        )


def _column_code(field: Field) -> str:
    return python_call(
        "Column", field.name, kind=field.type, required=field.required, choices=field.choices, indent=4
    )
