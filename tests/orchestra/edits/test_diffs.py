"""Unified diffs as git and models write them: what comes out, when, and what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.answer_parser import AnswerParser


def read(text: str) -> tuple[list[FileEdit], list[str]]:
    parser = AnswerParser()
    items = parser.feed(text)
    closing = parser.close()
    return items + closing.items, closing.complaints


def sides(edits: list[FileEdit]) -> list[tuple[str, str, str]]:
    """Return path, search and replace of the blocks; a test that expects only blocks fails on others."""
    assert all(isinstance(edit, ReplaceBlock) for edit in edits), edits
    return [(edit.path, edit.search, edit.replace) for edit in edits if isinstance(edit, ReplaceBlock)]


DIFF = """diff --git a/src/app.py b/src/app.py
index 83db48f..bf269f4 100644
--- a/src/app.py
+++ b/src/app.py
@@ -1,3 +1,4 @@
 import os
+import sys

 def f():
@@ -20,3 +21,3 @@ class App:
     def run(self):
-        return 1
+        return 2
         # end
"""
BLOCKS = [
    ("src/app.py", "import os\n\ndef f():\n", "import os\nimport sys\n\ndef f():\n"),
    (
        "src/app.py",
        "    def run(self):\n        return 1\n        # end\n",
        "    def run(self):\n        return 2\n        # end\n",
    ),
]


@pytest.mark.parametrize(
    "reply",
    [
        DIFF,
        f"Here it is:\n\n```diff\n{DIFF}```\nDone.\n",
        f"~~~patch\n{DIFF}~~~\n",
        f"```\n{DIFF}```\n",
        f"FILE: src/app.py\n```diff\n{DIFF}```\n",
        f"FILE: src/app.py\n```python\n{DIFF}```\n",
        DIFF.replace("\n", "\r\n"),
        DIFF.removeprefix("diff --git a/src/app.py b/src/app.py\nindex 83db48f..bf269f4 100644\n"),
        DIFF.replace("a/src", "src").replace("b/src", "src").replace("diff --git src/app.py src/app.py\n", ""),
        DIFF.replace("--- a/src/app.py", "--- a/src/app.py\t2026-01-01 10:00:00"),
        "### src/app.py\n```diff\n" + DIFF[DIFF.index("@@") :] + "```\n",
        "src/app.py\n" + DIFF[DIFF.index("@@") :],
        f"{DIFF}\nThat is all: one file changed.\n",
        DIFF + "Bye.\n",
        DIFF + "\n- I added an import\n- and the other number.\n",
    ],
)
def test_forms_of_a_diff(reply: str) -> None:
    edits, complaints = read(reply)
    assert sides(edits) == BLOCKS
    assert complaints == []


def test_a_hunk_comes_out_as_soon_as_the_next_one_begins() -> None:
    parser = AnswerParser()
    first, second = DIFF.split("@@ -20")
    assert parser.feed(first) == []
    assert len(parser.feed("@@ -20" + second)) == 1
    assert len(parser.close().items) == 1


@given(st.lists(st.integers(0, len(DIFF)), max_size=12))
def test_chunks_make_no_difference(cuts: list[int]) -> None:
    parser = AnswerParser()
    places = sorted({0, len(DIFF), *cuts})
    edits = [edit for start, end in pairwise(places) for edit in parser.feed(DIFF[start:end])]
    assert sides(edits + parser.close().items) == BLOCKS


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("@@ -1,3 +1,4 @@", 1),
        ("@@ -7,3 +7,4 @@", 7),
        ("@@ -7,3 +9,4 @@", None),
        ("@@ -1,9 +1,9 @@", None),
        ("@@ @@", None),
        ("@@ ... @@", None),
        ("@@", None),
    ],
)
def test_the_line_is_a_hint_only_where_all_numbers_agree(header: str, line: int | None) -> None:
    edits, complaints = read(f"```diff\n--- a/a.py\n+++ b/a.py\n{header}\n a\n+b\n c\n d\n```\n")
    assert complaints == []
    (edit,) = edits
    assert isinstance(edit, ReplaceBlock)
    assert edit.hints is not None
    assert edit.hints.line == line


def test_the_heading_of_a_hunk_is_a_hint() -> None:
    edits, _ = read(DIFF)
    assert [edit.hints.heading for edit in edits if isinstance(edit, ReplaceBlock) and edit.hints] == [
        "",
        "class App:",
    ]


NEW = "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,2 @@\n+a\n+b\n"


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        (NEW, WholeFile(path="new.py", text="a\nb\n", new=True)),
        (
            "diff --git a/new.py b/new.py\nnew file mode 100644\n" + NEW,
            WholeFile(path="new.py", text="a\nb\n", new=True),
        ),
        (NEW + "\\ No newline at end of file\n", WholeFile(path="new.py", text="a\nb", new=True)),
        (
            "diff --git a/e.py b/e.py\nnew file mode 100644\n",
            WholeFile(path="e.py", text="", new=True),
        ),
        ("--- a/old.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", DeleteFile(path="old.py", text="a\nb\n")),
        (
            "diff --git a/o.py b/o.py\ndeleted file mode 1\n--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
            DeleteFile(path="o.py", text="a\n"),
        ),
        (
            "diff --git a/o.py b/n.py\nsimilarity index 100%\nrename from o.py\nrename to n.py\n",
            RenameFile(path="o.py", to="n.py"),
        ),
    ],
)
@pytest.mark.parametrize("form", ["{}", "```diff\n{}```\n"])
def test_new_deleted_and_renamed_files(diff: str, expected: FileEdit, form: str) -> None:
    assert read(form.format(diff)) == ([expected], [])


def test_the_hunks_of_a_renamed_file_come_before_its_new_name() -> None:
    edits, _ = read(
        "diff --git a/o.py b/n.py\nsimilarity index 90%\nrename from o.py\nrename to n.py\n"
        "--- a/o.py\n+++ b/n.py\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n"
        "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-1\n+2\n 3\n"
    )
    assert [(edit.kind, edit.path) for edit in edits] == [
        ("replace", "o.py"),
        ("rename", "o.py"),
        ("replace", "x.py"),
    ]


def test_removed_lines_that_begin_with_dashes_are_no_header() -> None:
    text = "--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,3 @@\n one;\n--- a comment\n+++ a counter\n two;\n"
    assert sides(read(text)[0]) == [("q.sql", "one;\n-- a comment\ntwo;\n", "one;\n++ a counter\ntwo;\n")]


def test_lines_without_their_sign_count_as_context_in_a_fence() -> None:
    hunk = "@@ ... @@\ndef f():\n-    return 1\n+    return 2\n\n\ndef g():\n"
    text = f"```diff\n--- a/a.py\n+++ b/a.py\n{hunk}```\n"
    assert sides(read(text)[0]) == [
        ("a.py", "def f():\n    return 1\n\n\ndef g():\n", "def f():\n    return 2\n\n\ndef g():\n")
    ]


def test_plus_and_minus_in_a_diff_fence_need_no_header() -> None:
    assert sides(read("FILE: a.py\n```diff\n-x = 1\n+x = 2\n```\n")[0]) == [("a.py", "x = 1\n", "x = 2\n")]


def test_a_patch_file_is_written_whole() -> None:
    edits, _ = read(f"FILE: fix.patch\n```diff\n{DIFF}```\n")
    assert edits == [WholeFile(path="fix.patch", text=DIFF)]


@pytest.mark.parametrize(
    ("old", "new", "final_newline"),
    [
        ("-a\n\\ No newline at end of file\n", "+b\n", True),
        ("-a\n", "+b\n\\ No newline at end of file\n", False),
        ("-a\n\\ No newline at end of file\n", "+b\n\\ No newline at end of file\n", None),
    ],
)
def test_the_remark_about_the_last_newline(old: str, new: str, final_newline: bool | None) -> None:
    edits, _ = read(f"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n{old}{new}")
    (edit,) = edits
    assert isinstance(edit, ReplaceBlock)
    assert edit.hints is not None
    assert (edit.search, edit.replace, edit.hints.final_newline) == ("a\n", "b\n", final_newline)
    assert edit.hints.at_end


@pytest.mark.parametrize(
    "cut",
    [
        "```diff\n" + DIFF,
        "```diff\n" + DIFF[: DIFF.index("+        return 2")],
        DIFF[: DIFF.index("+        return 2")],
        DIFF[: DIFF.index(" return 2")],
    ],
)
def test_a_hunk_that_was_cut_off_is_a_complaint(cut: str) -> None:
    edits, complaints = read(cut)
    assert sides(edits) == BLOCKS[:1]
    assert len(complaints) == 1
    assert "ended inside a hunk for 'src/app.py'" in complaints[0]


@pytest.mark.parametrize("form", ["{}", "```diff\n{}```\n"])
def test_a_hunk_longer_than_its_count_is_read_to_its_end(form: str) -> None:
    hunk = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n-d\n+e\n f\n"
    assert sides(read(form.format(f"--- a/a.py\n+++ b/a.py\n{hunk}"))[0]) == [
        ("a.py", "a\nb\nd\nf\n", "a\nc\ne\nf\n")
    ]


@pytest.mark.parametrize("rest", ["+e\n", " f\n+e\n", "-    d\n"])
def test_a_hunk_that_may_go_on_behind_a_blank_line_is_a_complaint(rest: str) -> None:
    edits, complaints = read(f"--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\n{rest}")
    assert edits == []
    assert "goes on after the lines its header counts" in complaints[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("--- a/a.py\n+++ b/a.py\n@@ @@\n a\n-b\n+c\nd\n-e\n+f\n", "has a line without its sign"),
        ("```diff\n@@ -1 +1 @@\n-a\n+b\n```\n", "names no file"),
        ("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n a\n b\n", "no line that begins with"),
        ("diff --git a/i.png b/i.png\nBinary files a/i.png and b/i.png differ\n", "cannot be applied"),
        ("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,2 @@\n+a\n b\n", "do not begin with +"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, complaint: str) -> None:
    edits, complaints = read(text)
    assert edits == []
    assert complaint in complaints[0]


@pytest.mark.parametrize(
    "text",
    [
        "--- \n\nA rule above.\n",
        "--- a list\nof things\n",
        "- a\n- b\n+ c\n",
        "@@ a remark @@\n",
        "*** stars ***\n",
        "*** End Patch\n",
        "```yaml\n--- # a document\na: 1\n```\n",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    assert read(text) == ([], [])


LINES = st.sampled_from(
    [
        *(
            "diff --git a/a.py b/a.py",
            "--- a/a.py",
            "+++ b/a.py",
            "--- /dev/null",
            "+++ /dev/null",
            "@@ -1,2 +1,2 @@",
        ),
        *(
            "@@",
            "@@ f",
            " a",
            "-b",
            "+c",
            "",
            "\\ No newline at end of file",
            "```diff",
            "```",
            "rename from a",
        ),
        *("*** Begin Patch", "*** Update File: b.py", "*** Add File: c.py", "*** End of File", "*** End Patch"),
        *(
            "*** Move to: d.py",
            "*** Delete File: e.py",
            "FILE: a.py",
            "prose",
            "<<<<<<< SEARCH",
            "=======",
            ">>>>>>> REPLACE",
        ),
    ]
)


@given(st.lists(LINES, max_size=30), st.integers(1, 9))
def test_any_mixture_is_read_alike_in_chunks_and_never_raises(lines: list[str], size: int) -> None:
    text = "\n".join(lines)
    parser = AnswerParser()
    edits = [edit for at in range(0, len(text), size) for edit in parser.feed(text[at : at + size])]
    closing = parser.close()
    assert (edits + closing.items, closing.complaints) == read(text)
