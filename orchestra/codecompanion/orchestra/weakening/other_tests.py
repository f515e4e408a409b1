"""A rough census of tests in any language, by lines and words: names of tests, number of assertions; pure."""

import re
from collections import Counter
from typing import Final

from codecompanion.orchestra.weakening.census import Body, Census, Check, Strength

_TESTS: Final = (
    re.compile(r"^\s*func\s+(Test\w+)\s*\(\w+\s+\*testing\b|^\s*func\s+(test\w*)\s*\(\s*\)", re.MULTILINE),
    re.compile(r"^\s*(?:(?:public|async|static|private)\s+)*(?:def|function|void)\s+(test\w*)", re.MULTILINE),
    # Rust, Java, Kotlin, C#: an attribute, then the function
    re.compile(
        r"(?:#\[(?:\w+::)*test\b[^\]]*\]|@(?:Parameterized)?Test\b[^\n]*|\[(?:Fact|Theory|Test)\b[^\]]*\])"
        r"(?:\s*(?:#\[[^\]]*\]|@\w+[^\n]*))*\s*(?:(?:pub|public|private|internal|async|static|suspend)\s+)*"
        r"(?:fn|fun|func|[\w<>\[\]]+)\s+(`[^`]+`|\w+)"
    ),
    # Ruby, Elixir, C++
    re.compile(r"^\s*(?:it|test|specify|scenario)\s*\(?\s*(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE),
    re.compile(r"^\s*(?:TEST(?:_[FP])?|TEST_CASE|SCENARIO)\s*\(\s*([^)\n]*)\)", re.MULTILINE),
)
_ASSERTION = re.compile(
    r"\b(?:[Aa]ssert\w*|ASSERT_\w+|EXPECT_\w+|XCTAssert\w*|expect\w*|verify|require\.\w+|should\w*|refute\w*"
    r"|must_\w+|REQUIRE\w*|CHECK\w*|t\.(?:Error|Fatal)f?)\b"
)
_CANNOT_FAIL = re.compile(r"\b[Aa]ssert(?:True|That|_true)?!?\s*\(?\s*(?:true|True|1)\s*\)?\s*;?\s*$")
_LEAVING_OUT = re.compile(
    r"#\[ignore\b|\bt\.Skip\w*|\bSkipNow\b|@Ignore\b|@Disabled\b|\bskip\w*|\bxit\b|\bpending\b|\[Ignore\b"
    r"|\bGTEST_SKIP\b|\bDISABLED_\w*|\bxfail\b|\bexpectedFailure\b|\bXCTSkip\w*|#if\s+(?:0|false)\b"
)
_COMMENT = re.compile(r"^\s*(?://|#(?!\[|if\b)|--|\*|/\*).*$", re.MULTILINE)


def rough_census(text: str) -> Census:
    """Return the names of the tests, the number of assertions in all, and the words that leave tests out."""
    code = _COMMENT.sub("", text)
    found = [match for pattern in _TESTS for match in pattern.finditer(code)]
    names = [next(filter(None, match.groups()), "").strip("\"'`") for match in found]
    lines = [line for line in code.splitlines() if _ASSERTION.search(line) and not _CANNOT_FAIL.search(line)]
    checks = (Check(0, Strength.EXACT),) * sum(len(_ASSERTION.findall(line)) for line in lines)
    return Census(
        tests={name: Body(name) for name in names},
        helpers={"the file": Body("the file", checks)},
        leaving_out=Counter(_LEAVING_OUT.findall(code)),
    )
