"""What would make JavaScript tests check less is named; what does not is let through."""

from collections.abc import Callable

import pytest

from codecompanion.orchestra.weakening.javascript_tests import javascript_census
from codecompanion.orchestra.weakening.policy import weakened

NODE = """import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { add, parse } from "./calc.js";

const CASES = [[1, 2, 3], [2, 2, 4]];

function check(a, b, total) {
  assert.equal(add(a, b), total);
}

test("adds", () => {
  assert.equal(add(1, 2), 3); // it's a sum
});

describe("parsing", () => {
  test('refuses "nonsense"', async () => {
    await assert.rejects(parse("x"), /no number/);
    assert.ok(parse("1") === 1);
  });
});

test("helped", () => {
  check(1, 1, 2);
});

for (const [a, b, total] of CASES) {
  test(`adds ${a}`, () => assert.strictEqual(add(a, b), total));
}
"""
JEST = """const { add } = require("./calc");

describe("add", () => {
  it("adds", () => {
    expect(add(1, 2)).toBe(3);
    expect(() => add("x")).toThrow(TypeError);
  });
  it.each([[1, 1], [2, 2]])("%d", (a, b) => {
    expect(add(a, 0)).toEqual(b);
  });
});
"""
SUM = "  assert.equal(add(1, 2), 3); // it's a sum\n"
BARE = SUM.strip()


def said(text: str, old: str, new: str, **more: bool) -> str:
    assert old in text, f"{old!r} is not in the text that the test changes"
    return "; ".join(weakened("test/calc.test.js", text, text.replace(old, new, 1), **more))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('test("adds"', 'test.skip("adds"', "put under 'test.skip'"),
        ('test("adds"', 'test.only("adds"', "put under 'test.only'"),
        ('test("adds"', 'test.todo("adds"', "put under 'test.todo'"),
        ('test("adds", ()', 'test("adds", { skip: true }, ()', "'skip' would be added"),
        ('test("adds", () => {', 'test("adds", (t) => {\n  t.skip();', "'skip' would be added"),
        ('describe("parsing"', 'describe.skip("parsing"', "put under 'describe.skip'"),
        ('test("adds"', 'notest("adds"', "the test 'adds' would be gone"),
        (f'test("adds", () => {{\n{SUM}}});\n', "", "the test 'adds' would be gone"),
        (f'test("adds", () => {{\n{SUM}}});\n', f'/* test("adds", () => {{\n{SUM}}}); */', "would be gone"),
        (SUM, "", "would have no assertions that can fail instead of 1"),
        (SUM, "  // assert.equal(add(1, 2), 3);\n", "would have no assertions"),
        (SUM, '  "assert.equal(add(1, 2), 3)";\n', "would have no assertions"),
        (SUM, "  assert.ok(true);\n", "would have no assertions"),
        (SUM, "  assert(1);\n", "would have no assertions"),
        (SUM, "  assert.equal(3, 3);\n", "would have no assertions"),
        (SUM, "  assert.equal(add(1, 2), add(1, 2));\n", "would have no assertions"),
        (SUM, "  assert.ok(add(1, 2));\n", "would be looser"),
        (SUM, "  assert.notEqual(add(1, 2), 4);\n", "would be looser"),
        (SUM, f"  if (false) {{ {BARE}\n}}\n", "might not be run"),
        (SUM, f"  if (false)\n  {SUM}", "might not be run"),
        (SUM, f"  false && {BARE}\n", "might not be run"),
        (SUM, f"  try {{\n{SUM}  }} catch {{}}\n", "might not be run"),
        (SUM, f"  for (const x of []) {{\n{SUM}  }}\n", "might not be run"),
        (SUM, f"  const never = () => {{\n{SUM}  }};\n", "might not be run"),
        (SUM, f"  function never() {{\n{SUM}  }}\n", "might not be run"),
        (SUM, f"  return;\n{SUM}", "would have no assertions"),
        (SUM, f"  if (add) return;\n{SUM}", "might not be run"),
        (SUM, f"  process.exit(0);\n{SUM}", "'exit' would be added"),
        ('test("adds"', 'if (false) test("adds"', "put under"),
        ('test("adds"', 'false && test("adds"', "put under '&&'"),
        ("add(1, 2), 3", "1 + 2, 3", "would have no assertions"),
        ('parse("1") === 1', 'parse("1")', "would be looser"),
        ('await assert.rejects(parse("x"), /no number/);', "", "would have 1 assertion"),
        ("  assert.equal(add(a, b), total);\n", "", "'helped' would have no assertions"),
        ("  assert.equal(add(a, b), total);\n", "", "'check', which tests rely on, would check less"),
        ("[[1, 2, 3], [2, 2, 4]]", "[[1, 2, 3]]", "'CASES' would have 1 instead of 2 entries"),
        ("import { add, parse }", "const add = (a, b) => a + b;\nimport { parse }", "'add' would be replaced"),
        (
            'import assert from "node:assert/strict"',
            "const assert = { equal() {} }",
            "'assert' would be replaced",
        ),
    ],
)
def test_a_weaker_node_test_is_named(old: str, new: str, named: str) -> None:
    assert named in said(NODE, old, new)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('it("adds"', 'xit("adds"', "'xit' would be added"),
        ('it("adds"', 'it.failing("adds"', "'failing' would be added"),
        ('describe("add"', 'fdescribe("add"', "'fdescribe' would be added"),
        ("expect(add(1, 2)).toBe(3);", "expect(true).toBe(true);", "would have 1 assertion"),
        ("expect(add(1, 2)).toBe(3);", "expect(add(1, 2));", "would have 1 assertion"),
        ("toBe(3)", "toBeTruthy()", "would be looser"),
        ("toBe(3)", "not.toBe(4)", "would be looser"),
        ("toBe(3)", "toBeDefined()", "would be looser"),
        ("[[1, 1], [2, 2]]", "[[1, 1]]", "fewer written-out cases"),
        ("[[1, 1], [2, 2]]", "rows()", "fewer written-out cases"),
    ],
)
def test_a_weaker_jest_test_is_named(old: str, new: str, named: str) -> None:
    assert named in said(JEST, old, new)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (NODE, "add(1, 2), 3", "add(1, 2), 4"),
        (NODE, 'test("adds"', 'test("adds two numbers"'),
        (NODE, '"./calc.js"', '"../src/calc.js"'),
        (NODE, SUM, f"{SUM}  assert.equal(add(2, 2), 4);\n"),
        (NODE, SUM, f"  // a remark: test.skip\n{SUM}"),
        (NODE, SUM, f"  [1].forEach(() => {{\n{SUM}  }});\n"),
        (NODE, 'test("adds"', 'test("more", () => {\n  assert.equal(add(3, 3), 6);\n});\n\ntest("adds"'),
        (JEST, "toBe(3)", "toEqual(3)"),
        (JEST, "[2, 2]]", "[2, 2], [3, 3]]"),
    ],
)
def test_what_keeps_the_tests_as_strict_is_let_through(text: str, old: str, new: str) -> None:
    assert said(text, old, new) == ""


def test_word_for_word_tests_stay() -> None:
    assert "the test 'adds' would be changed" in said(NODE, "add(1, 2), 3", "add(1, 2), 4", word_for_word=True)
    assert said(NODE, '"./calc.js"', '"../src/calc.js"', word_for_word=True) == ""
    assert said(NODE, SUM, f"  // a remark\n{SUM}", word_for_word=True) == ""


@pytest.mark.parametrize("text", ["", "{", "`", "/", "test(", "}}))", "test('a', () => {", 'import "', "((("])
def test_no_text_raises(text: str) -> None:
    assert weakened("a.test.js", text, text) == []
    weakened("a.test.js", NODE, text)
    weakened("a.test.js", text, NODE)


@pytest.mark.parametrize(
    ("around", "piece"),
    [
        ("{}", "test('t{n}', () => {{ expect(f({n})).toBe({n}); }});\n"),
        ("describe('g', () => {{\n{}}});\n", "test('t', () => {{ expect(f({n})).toBe({n}); }});\n"),
        ("test('x', () => {{\n{}}});\n", "if (a{n}) {{ return; }}\nexpect(f({n})).toBe({n});\n"),
    ],
)
def test_a_long_file_is_not_more_work_a_test(steps_of: Callable[..., int], around: str, piece: str) -> None:
    few, many = (around.format("".join(piece.format(n=n) for n in range(count))) for count in (20, 80))
    assert steps_of(lambda: javascript_census(many)) < 5 * steps_of(lambda: javascript_census(few))


def test_tests_of_one_name_are_told_apart() -> None:
    text = "".join(f"test('{name}', () => {{ expect(f({n})).toBe({n}); }});\n" for n, name in enumerate("aba"))
    assert list(javascript_census(text).tests) == ["a", "b", "a #2"]
