"""Requests are found in every language's comments, and in nothing that is no comment."""

import time

import pytest

from codecompanion.server.requests.comment_syntax import ANY, empty_request, syntax_of
from codecompanion.server.requests.request_comments import RequestComment, find_requests, request_touching
from codecompanion.server.wire.documents import split_lines


def found(text: str, language: str, path: str = "file:///w/a") -> list[RequestComment]:
    return find_requests(split_lines(text), language, path)


def texts(text: str, language: str) -> list[str]:
    return [request.text for request in found(text, language)]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "# orchestra: go"),
        ("python", "x = 1  # orchestra: go"),
        ("python", '"""orchestra: go"""'),
        ("python", "''' orchestra: go '''"),
        ("javascript", "// orchestra: go"),
        ("typescriptreact", "call(a);// orchestra: go"),
        ("rust", "/// orchestra: go"),
        ("rust", "//! orchestra: go"),
        ("c", "/* orchestra: go */"),
        ("java", "/** orchestra: go */"),
        ("css", "/* orchestra: go */"),
        ("lua", "-- orchestra: go"),
        ("lua", "--[[ orchestra: go ]]"),
        ("haskell", "{- orchestra: go -}"),
        ("haskell", "-- | orchestra: go"),
        ("sql", "-- orchestra: go"),
        ("clojure", ";; orchestra: go"),
        ("emacs-lisp", ";;; orchestra: go"),
        ("latex", "% orchestra: go"),
        ("erlang", "%% orchestra: go"),
        ("html", "<!-- orchestra: go -->"),
        ("ocaml", "(* orchestra: go *)"),
        ("vb", "' orchestra: go"),
        ("vb", "REM orchestra: go"),
        ("bat", "rem orchestra: go"),
        ("fortran", "! orchestra: go"),
        ("restructuredtext", ".. orchestra: go"),
        ("vim", '" orchestra: go'),
        ("powershell", "<# orchestra: go #>"),
        ("julia", "#= orchestra: go =#"),
        ("markdown", "orchestra: go"),
        ("markdown", "- orchestra: go"),
        ("markdown", "> orchestra: go"),
        ("markdown", "## Orchestra: go"),
        ("plaintext", "  1. ORCHESTRA : go"),
        ("", "orchestra: go"),
        ("no-such-language", "# orchestra: go"),
        ("no-such-language", "{# orchestra: go #}"),
        ("python", "\torchestra_like = 2  #orchestra:go"),
    ],
)
def test_a_request_is_found(language: str, line: str) -> None:
    assert texts(line + "\n", language) == ["go"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", 'print("# orchestra: no")'),
        ("python", "orchestra: no"),
        ("python", "d = {'orchestra': 1}"),
        ("yaml", "orchestra: no"),
        ("yaml", "- orchestra: no"),
        ("json", '{"orchestra": "no"}'),
        ("css", ":root { --orchestra: red }"),
        ("rust", "'orchestra: loop {}"),
        ("cpp", "--orchestra::no();"),
        ("javascript", "fetch('http://orchestra:8080/')"),
        ("javascript", "let u = `// orchestra: no`"),
        ("python", "# my_orchestra: no"),
        ("python", "# orchestra:"),
        ("python", "# orchestra:   "),
        ("c", "/* orchestra: */"),
        ("html", "<p>orchestra: no</p>"),
        ("markdown", "An orchestra: that is no request"),
        ("markdown", "```\norchestra: no\n```"),
        ("c", "/* over */\norchestra: no"),
    ],
)
def test_what_only_looks_like_a_request_is_left_alone(language: str, line: str) -> None:
    assert texts(line + "\n", language) == []


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "# orchestra: one\n#    two\n# three\n", "one two"),
        ("python", "def f():\n    # orchestra: one\n    #   two\n    return 1\n", "one two"),
        ("c", "/**\n * orchestra: one\n * two\n */\n", "one two"),
        ("c", "/* orchestra: one\n   two */ int x;\n", "one two"),
        ("python", '"""\norchestra: one\ntwo\n\nthree\n"""\n', "one two"),
        ("markdown", "orchestra: one\n  two\nthree\n", "one two"),
        ("html", "<!--\n orchestra: one\n two -->\n", "one two"),
    ],
)
def test_a_request_goes_on_in_the_lines_below(language: str, text: str, expected: str) -> None:
    assert texts(text, language) == [expected]


def test_neighbours_are_requests_of_their_own() -> None:
    assert texts("# orchestra: one\n#   orchestra: two\n", "python") == ["one", "two"]


def test_a_request_knows_its_place_in_code_points() -> None:
    (request,) = found("é = '😀'  # orchestra: grüße 👋\n", "python")
    assert (request.first_line, request.start, request.end) == (0, 11, 29)


def test_lines_end_where_editors_end_them() -> None:
    (request,) = found("a\r\nb\rc\u2028d\x0ce\n# orchestra: go\n", "python")
    assert request.first_line == 3


def test_a_request_is_found_by_the_lines_it_touches() -> None:
    requests = found("# orchestra: one\n#   more\nx\n# orchestra: two\n", "python")
    assert request_touching(requests, 1, 1) is requests[0]
    assert request_touching(requests, 2, 2) is None
    assert request_touching(requests, 0, 9) is requests[0]


@pytest.mark.parametrize(
    "language", ["python", "css", "html", "lua", "markdown", "ocaml", "fortran", "unheard-of"]
)
def test_the_empty_request_we_write_is_found_once_it_has_words(language: str) -> None:
    before, after = empty_request(language, "file:///w/a")
    assert texts(f"{before}{after}\n", language) == []
    assert texts(f"{before}add a test{after}\n", language) == ["add a test"]


def test_an_unknown_language_is_known_by_its_ending() -> None:
    assert syntax_of("", "file:///w/a.py") is syntax_of("python", "x")
    assert syntax_of("mystery", "file:///w/a.xyz") is ANY


@pytest.mark.parametrize("line", ["# orchestra: go\n", "orchestra: go\n"])
def test_ten_thousand_lines_take_milliseconds(line: str) -> None:
    lines = ["value = some_call(first, second)  # an ordinary remark\n"] * 9_990 + [line] * 10
    took = []
    for _ in range(5):
        begin = time.perf_counter()
        find_requests(lines, "python", "file:///w/a.py")
        took.append(time.perf_counter() - begin)
    # the bar is 5 ms on a quiet machine; the least of five, and room for a busy one
    assert min(took) < 0.015
