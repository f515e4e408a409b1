"""Run test files with unittest and write what happened as JSON: ``python unittest_child.py REPORT ROOT FILE…``.

Runs inside the sandbox on the project's own Python (3.8 or later), so it imports nothing of ours. Each file is
loaded as unittest's discovery would: as a module of the packages it lies in, else of its folder.
"""

# ruff: noqa: N802  (the names are unittest's)

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import unittest
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

    Trouble = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class RecordingResult(unittest.TextTestResult):
    """Prints as unittest does, and keeps what is to be reported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.passed = 0
        self.troubles: list[tuple[str, str]] = []

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test: unittest.TestCase, err: Trouble) -> None:
        super().addExpectedFailure(test, err)
        self.passed += 1

    def addFailure(self, test: unittest.TestCase, err: Trouble) -> None:
        super().addFailure(test, err)
        self._note(test, err)

    def addError(self, test: unittest.TestCase, err: Trouble) -> None:
        super().addError(test, err)
        self._note(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Trouble | None) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(subtest, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self.troubles.append((test.id(), "passed, although it is marked as an expected failure"))

    def _note(self, test: unittest.TestCase, err: Trouble) -> None:
        self.troubles.append((test.id(), f"{getattr(err[0], '__name__', 'error')}: {err[1]}"))


def load(root: Path, path: str) -> ModuleType:
    """Return the module of one test file, and make its folder importable."""
    file = root / path
    folder, parts = file.parent, [file.stem]
    while folder != root and (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = importlib.import_module(".".join(parts))
    if Path(module.__file__ or "").resolve() == file.resolve():
        return module
    return load_by_path(file, path[: -len(".py")].replace("/", "_"))


def load_by_path(file: Path, name: str) -> ModuleType:
    """Return the module of a file whose usual name another file has taken."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def failed_import(path: str, error: BaseException) -> unittest.TestCase:
    """Return a test that fails as the import of ``path`` did."""

    class FailedImport(unittest.TestCase):
        def id(self) -> str:
            return path

        def runTest(self) -> None:
            raise error

    return FailedImport()


def tests_of(root: Path, paths: list[str]) -> unittest.TestSuite:
    """Return the tests of all files."""
    suite = unittest.TestSuite()
    for path in paths:
        try:
            suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(load(root, path)))
        except unittest.SkipTest:
            continue
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a project's file raises is its failure)
            suite.addTest(failed_import(path, error))
    return suite


def main(report: str, root: str, *paths: str) -> int:
    """Run the files; the exit code is 0 only if there were tests and none failed."""
    # our own folder stands first in the search path of a script; the project's belongs there
    sys.path[0] = root
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=RecordingResult)
    result = runner.run(tests_of(Path(root), list(paths)))
    assert isinstance(result, RecordingResult)
    told = {"passed": result.passed, "failures": result.troubles}
    Path(report).write_text(json.dumps(told), encoding="utf-8")
    if not result.testsRun:
        return 5
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
