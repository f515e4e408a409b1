"""Syntax checks: true for what is well-formed, one sentence for what is not, and nothing can hang or raise."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.edits.validity import check_syntax


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def f(x: int) -> int:\n    return x\n"),
        ("a.py", "\ufeffx = 1\r\ny = 2\r\n"),
        ("a.py", ""),
        ("a.py", "x = '\\d'\nassert (1, 'always true')\n"),
        ("a.pyi", "def f() -> int: ...\n"),
        ("a.json", '{"a": [1, 2.5, null]}'),
        ("a.json", "1" * 10_000),
        ("a.toml", "a = 1\n[b]\nc = 'd'\n"),
        ("tsconfig.base.json", "{ // comments are usual here\n}"),
        (".vscode/settings.json", "{ /* and here */ }"),
        ("a.js", "#!/usr/bin/env node\nconst f = async (x) => x?.y ?? 1;\nexport default f;\n"),
        ("a.jsx", "export const A = () => <p style={{ color: 'red' }}>hello</p>;\n"),
        ("a.ts", "type A = { b?: string };\nconst f = <T,>(x: T): T => x;\n"),
        ("a.tsx", "export const A = (p: { a: number }) => <p>{p.a}</p>;\n"),
        ("a.js", "let x = {% if y %} 1 {% else %} 2 {% endif %}"),
        ("sv.ts", '<?xml version="1.0"?><TS></TS>'),
        ("a.html", "<!doctype html>\n<title>x</title>\n<p>one\n<p>two<br>\n<ul><li>a<li>b</ul>\n"),
        (
            "a.html",
            "<div\n  class=x\n>a &lt; b, 1 < 2<svg><title/><div></svg></div><script>a < '</div>'</script>",
        ),
        ("a.html", '<table><tr><td>1<td>2</table><b><i>old</b></i><a title=\'say "x"\' b="it\'s">x</a>'),
        ("a.html", "<div>{% if x %}</div>{% endif %}"),
        ("a.html", "<![no such thing"),
        ("a.css", "@media (width > 1px) { a[href^='}'] { color: red !important } }\n/* { */\n"),
        ("a.css", "@container rule (width < 14em) { main > .a\\{b { background: url(a/b.png) } }\n"),
        ("a.css", "a { background: url(data:image/png;base64,AA==); content: '\\'' }"),
        ("a.yml", "a:\n  - b: 1\n  - &x {c: [1, 2]}\n---\ntext: |\n  any: : thing\n"),
        ("a.yaml", "{{ if x }}\n a:\n{{ end }}"),
        ("a.rb", "def ("),
        ("a.txt", "{"),
        ("Makefile", "{"),
    ],
)
def test_what_is_well_formed_or_not_checked_passes(path: str, text: str) -> None:
    assert check_syntax(path, text) is None


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("a.py", "x = 1\ny = (\n", "line 2: not valid Python 3."),
        ("src/B.PY", "x = 1\n  y = 2\n", "line 2: not valid Python 3."),
        ("a.py", "x = 1\nreturn x\n", "line 2: not valid Python 3."),
        ("a.py", "x\0", "null bytes"),
        ("a.py", "x = '\ud800'", "not valid Python: 'utf-8' codec"),
        ("a.json", '{\n"a": 1,\n}', "line 3: not valid JSON: "),
        ("a.json", "", "line 1: not valid JSON: "),
        ("a.js", "const f = () => {\n  return 1;\n", "line 2: not valid JavaScript: '}' is missing"),
        ("a.ts", "let a: = 1;\n", "line 1: not valid TypeScript near "),
        ("a.js", "let x = '\ud800';\nlet let = (\n", "line 2: not valid JavaScript"),
        ("a.html", "<div>\n<section>\n</div>\n", "line 2: not valid HTML: <section> is never closed"),
        ("a.html", "<ul>\n</ul></ul>\n", "line 2: not valid HTML: </ul> closes nothing"),
        ("a.html", "<p\n<b>x</b>\n", "line 1: not valid HTML: the tag <p … has no end"),
        ("a.html", '<p class="a>x\n<b id="c">', "line 1: not valid HTML: the tag <p … has no end, or a quote"),
        ("a.html", "x\n<script>\nlet a\n", "not valid HTML: "),
        ("a.html", "x\n<!-- open\n", "line 2: not valid HTML: '<!-- open' has no end"),
        ("a.html", "<div>\n</div\n<p>x\n", "line 2: not valid HTML: '</div"),
        ("a.css", "a {\n  color: red;\n\nb { }\n", "line 1: not valid CSS: '{' is never closed"),
        ("a.css", "a { }\n}\n", "line 2: not valid CSS: '}' closes nothing"),
        ("a.css", "a { content: 'x }\n}\n", "line 1: not valid CSS: the string that begins here has no end"),
        ("a.css", "a { }\n/* open\n", "line 2: not valid CSS: the comment that begins here has no end"),
        ("a.yml", "a: 1\n\tb: 2\n", "not valid YAML"),
        ("a.yml", "a: [1, 2\nb: 3\n", "not valid YAML"),
        ("a.toml", "a = 1\nb =\n", "line 2"),
        ("a.toml", "a = 1\na = 2\n", "not valid TOML: "),
    ],
)
def test_what_is_broken_gets_a_sentence_with_the_line(path: str, text: str, sentence: str) -> None:
    fault = check_syntax(path, text)
    assert fault is not None
    assert sentence in fault
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "(" * 100_000),
        ("a.py", "-" * 500_000 + "1"),
        ("a.py", "1+" * 150_000 + "1"),
        ("a.py", "not " * 100_000 + "1"),
        ("a.json", "[" * 200_000),
        ("a.json", '{"a":' * 100_000),
        ("a.toml", "a=" + "[" * 50_000),
        ("a.toml", ".".join("a" * 300_000) + " = 1\n"),
        ("a.html", "<div>" * 100_000),
        ("a.html", "<a b='" * 100_000),
        ("a.css", "a{" * 200_000),
        ("a.css", "/*" * 200_000),
    ],
)
def test_deep_nesting_is_a_fault_not_a_crash(path: str, text: str) -> None:
    started = time.process_time()
    fault = check_syntax(path, text)
    assert fault is not None
    assert len(fault) < 200
    assert time.process_time() - started < 5


def test_equal_functions_in_a_large_file_take_no_quadratic_time() -> None:
    text = "def f(x):\n    return [x + 1 for y in range(10) if y > x]\n" * 8_000
    started = time.process_time()
    assert check_syntax("a.py", text) is None
    assert check_syntax("a.py", text + "def f(:\n") is not None
    assert time.process_time() - started < 5


def test_no_code_runs(capfd: pytest.CaptureFixture[str]) -> None:
    assert check_syntax("a.py", "print('ran')\nraise SystemExit(1)\n") is None
    assert capfd.readouterr() == ("", "")


def test_checks_in_several_threads_leave_the_warning_filters_alone() -> None:
    faults: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: faults.append(check_syntax("a.py", "x = '\\d'\n" * 500)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [None] * 8
    with pytest.raises(SyntaxError):
        # warnings are errors in this suite, and must still be
        compile("x = '\\d'", "<text>", "exec")


@given(st.sampled_from(["a.py", "a.json", "a.toml"]), st.text())
def test_no_text_raises(path: str, text: str) -> None:
    fault = check_syntax(path, text)
    assert fault is None or fault
