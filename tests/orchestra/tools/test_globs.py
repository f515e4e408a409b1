"""Which paths a model's folder or pattern means."""

import time

import pytest

from codecompanion.orchestra.tools.globs import path_matcher

PATHS = ["README.md", "setup.py", "src/app.py", "src/web/index.html", "src/web/app.js", "tests/test_app.py"]


@pytest.mark.parametrize(
    ("glob", "matched"),
    [
        ("", PATHS),
        ("*", PATHS),
        ("**", PATHS),
        ("./", PATHS),
        ("*.py", ["setup.py", "src/app.py", "tests/test_app.py"]),
        ("app.*", ["src/app.py", "src/web/app.js"]),
        ("src", ["src/app.py", "src/web/index.html", "src/web/app.js"]),
        ("src/", ["src/app.py", "src/web/index.html", "src/web/app.js"]),
        ("/src/", ["src/app.py", "src/web/index.html", "src/web/app.js"]),
        ("./src/web", ["src/web/index.html", "src/web/app.js"]),
        ("src\\web", ["src/web/index.html", "src/web/app.js"]),
        ("web", ["src/web/index.html", "src/web/app.js"]),
        ("src/*.py", ["src/app.py"]),
        ("src/**/*.js", ["src/web/app.js"]),
        ("src/**/app.py", ["src/app.py"]),
        ("**/app.*", ["src/app.py", "src/web/app.js"]),
        ("tests/**", ["tests/test_app.py"]),
        ("*.{js,html}", ["src/web/index.html", "src/web/app.js"]),
        ("{src,tests}/*.py", ["src/app.py", "tests/test_app.py"]),
        ("[st]*.py", ["setup.py", "tests/test_app.py"]),
        ("README.md", ["README.md"]),
        ("app", []),
        ("*.PY", []),
        ("src/app.py/x", []),
    ],
)
def test_matching(glob: str, matched: list[str]) -> None:
    matches = path_matcher(glob)
    assert [path for path in PATHS if matches(path)] == sorted(matched, key=PATHS.index)


@pytest.mark.parametrize("glob", ["*a" * 60, "**/" * 60 + "b", "{a,b}" * 40, "{" * 100, "[" * 100, "*" * 200])
def test_no_pattern_takes_long(glob: str) -> None:
    started = time.process_time()
    matches = path_matcher(glob)
    for _ in range(20):
        matches("a" * 200 + "/" + "/".join("a" * 60))
    assert time.process_time() - started < 2
