"""The census of a Python file with tests for pytest or unittest; pure."""

import ast
from collections import Counter
from collections.abc import Iterator
from math import prod
from typing import Final

from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.weakening.census import Body, Census, Strength
from codecompanion.orchestra.weakening.python_assertions import called, names_in
from codecompanion.orchestra.weakening.python_bodies import SKIPPING, BodyReader, Function
from codecompanion.orchestra.weakening.python_definitions import Around, Definitions

# what leaves tests out wherever it stands: marks, hooks of pytest and unittest, ways to take a test away
_LEAVING_OUT: Final = SKIPPING | {
    *("skipIf", "skipUnless", "skipif", "xfail", "expectedFailure", "nottest", "quit", "suppress"),
    *("__test__", "load_tests", "collect_ignore", "collect_ignore_glob", "pytest_ignore_collect"),
    *("pytest_collection_modifyitems", "pytest_itemcollected", "pytest_pycollect_makeitem"),
    *("pytest_collect_file", "pytest_generate_tests", "pytest_runtest_protocol", "pytest_runtest_call"),
    *("pytest_runtest_makereport", "pytest_pyfunc_call", "pytest_sessionfinish", "pytest_configure"),
    *("exec", "eval", "globals", "delattr", "pytest_cmdline_main", "pytest_runtestloop"),
}


def python_census(text: str) -> Census | None:
    """Return the census of a Python text, None when it cannot be read."""
    try:
        module = ast.parse(text.removeprefix(BOM))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Definitions()
    found.read(module.body)
    imported = frozenset(_imported(module))
    helpers = _helpers(found)
    reader = BodyReader(_demands(found, helpers), found.values)
    return Census(
        tests={
            name: _body(name, test.function, reader, test.around, imported)
            for name, test in found.tests.items()
        },
        helpers=helpers,
        leaving_out=Counter(name for name in names_in(module) if name in _LEAVING_OUT),
        classes=found.classes,
        values=found.values,
        imported=imported,
        defined=frozenset(found.defined),
    )


def _helpers(found: Definitions) -> dict[str, Body]:
    reader = BodyReader({}, found.values)
    return {name: _body(name, function, reader, Around()) for name, function in found.helpers.items()}


def _demands(found: Definitions, helpers: dict[str, Body]) -> dict[str, Strength | None]:
    """Return what calling a function of the file surely demands, by its last name."""
    surely = {name.rpartition(".")[2]: body.surely for name, body in helpers.items()}
    return dict.fromkeys(found.rebound) | surely


def _body(
    name: str,
    function: Function,
    reader: BodyReader,
    around: Around,
    imported: frozenset[str] = frozenset(),
) -> Body:
    return Body(
        name=name,
        checks=reader.checks(function),
        marks=around.marks,
        cases=_cases(function, reader),
        bases=around.bases,
        calls=sum(isinstance(part, ast.Call) for part in ast.walk(function)),
        uses=imported.intersection(names_in(function)),
        source=ast.unparse(function),
    )


def _cases(function: Function, reader: BodyReader) -> int | None:
    """Return how often a test's written-out values make it run, None where they come from elsewhere."""
    sizes = []
    for decorator in function.decorator_list:
        if called(decorator) == "parametrize" and isinstance(decorator, ast.Call):
            named = {keyword.arg: keyword.value for keyword in decorator.keywords}
            rows = decorator.args[1] if len(decorator.args) > 1 else named.get("argvalues")
            sizes.append(_rows(rows, reader))
    if None in sizes:
        return None
    return prod(size for size in sizes if size is not None) + reader.looped_entries(function)


def _rows(rows: ast.expr | None, reader: BodyReader) -> int | None:
    if rows is None:
        return None
    empty = isinstance(rows, ast.List | ast.Tuple) and not rows.elts
    return 0 if empty else reader.entries(rows) or None


def _imported(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
