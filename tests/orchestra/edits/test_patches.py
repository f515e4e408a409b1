"""V4A patches: what comes out, when, and what is refused."""

import pytest

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.answer_parser import AnswerParser


def read(text: str) -> tuple[list[FileEdit], list[str]]:
    parser = AnswerParser()
    items = parser.feed(text)
    closing = parser.close()
    return items + closing.items, closing.complaints


PATCH = """*** Begin Patch
*** Update File: src/app.py
@@ class App:
@@     def run(self):
         first()
-        return 1
+        return 2

@@
 import os
+import sys
*** Add File: new.py
+a
+
+b
*** Delete File: old.py
*** Update File: here.py
*** Move to: there.py
@@ def g():
-    x
+    y
*** End of File
*** End Patch
"""


def check(reply: str) -> None:
    edits, complaints = read(reply)
    assert complaints == []
    first, second, new, gone, third, moved = edits
    assert isinstance(first, ReplaceBlock)
    assert isinstance(third, ReplaceBlock)
    assert (first.path, first.search, first.replace) == (
        "src/app.py",
        "        first()\n        return 1\n",
        "        first()\n        return 2\n",
    )
    assert first.hints is not None
    assert first.hints.anchors == ("class App:", "def run(self):")
    assert isinstance(second, ReplaceBlock)
    assert (second.search, second.replace) == ("import os\n", "import os\nimport sys\n")
    assert new == WholeFile(path="new.py", text="a\n\nb\n", new=True)
    assert gone == DeleteFile(path="old.py")
    assert (third.path, third.search, third.replace) == ("here.py", "    x\n", "    y\n")
    assert third.hints is not None
    assert third.hints.at_end
    assert moved == RenameFile(path="here.py", to="there.py")


@pytest.mark.parametrize(
    "reply",
    [
        PATCH,
        f"I did it.\n\n```\n{PATCH}```\nDone.\n",
        f"```diff\n{PATCH}```\n",
        f"```bash\napply_patch <<'EOF'\n{PATCH}EOF\n```\n",
        PATCH.replace("\n", "\r\n"),
        PATCH + "That is all.\n",
        "```\n" + PATCH.removeprefix("*** Begin Patch\n").removesuffix("*** End Patch\n") + "```\n",
        PATCH.replace("@@ class App:", "@@ class App: @@"),
        PATCH.replace("*** Update", "***Update"),
    ],
)
def test_forms_of_a_patch(reply: str) -> None:
    check(reply)


def test_each_piece_comes_out_when_the_next_one_begins() -> None:
    parser = AnswerParser()
    counts = [len(parser.feed(f"{line}\n")) for line in PATCH.splitlines()]
    assert [at for at, count in enumerate(counts) if count] == [8, 11, 15, 16, 22]
    assert sum(counts) == 6


def test_an_added_file_may_lack_its_signs_or_hold_only_them() -> None:
    assert read("*** Begin Patch\n*** Add File: a.py\nx = 1\ny = 2\n*** End Patch\n")[0] == [
        WholeFile(path="a.py", text="x = 1\ny = 2\n", new=True)
    ]


@pytest.mark.parametrize(
    "cut",
    [
        "*** Begin Patch\n*** Update File: a.py\n a\n-b\n",
        "*** Begin Patch\n*** Add File: a.py\n+a\n",
        "*** Update File: a.py\n a\n-b\nc\n-d\n+e\n",
        "```\n*** Begin Patch\n*** Update File: a.py\n a\n-b\n+c\n d\n",
    ],
)
def test_a_patch_that_was_cut_off_is_a_complaint(cut: str) -> None:
    edits, complaints = read(cut)
    assert edits == []
    assert "before *** End Patch" in complaints[0]


def test_a_begun_patch_without_its_last_line_is_a_complaint_beside_what_it_holds() -> None:
    edits, complaints = read("*** Begin Patch\n*** Update File: a.py\n a\n-b\n+c\n d\n")
    assert len(edits) == 1
    assert "has no last line *** End Patch" in complaints[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("*** Begin Patch\n*** Update File: a.py\n@@\n a\n*** End Patch\n", "no line that begins with"),
        ("*** Begin Patch\n*** Add File: a.py\n+a\nb\n*** End Patch\n", "do not begin with +"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, complaint: str) -> None:
    edits, complaints = read(text)
    assert edits == []
    assert complaint in complaints[0]


def test_all_four_formats_in_one_reply() -> None:
    reply = (
        "FILE: a.py\n```python\na\n```\nThen\n\nFILE: b.py\n<<<<<<< SEARCH\n1\n=======\n2\n>>>>>>> REPLACE\n\n"
        "```diff\n--- a/c.py\n+++ b/c.py\n@@ -1 +1 @@\n-1\n+2\n```\n"
        "*** Begin Patch\n*** Update File: d.py\n-1\n+2\n*** End Patch\nBye.\n"
    )
    edits, complaints = read(reply)
    assert [(edit.kind, edit.path) for edit in edits] == [
        ("whole", "a.py"),
        ("replace", "b.py"),
        ("replace", "c.py"),
        ("replace", "d.py"),
    ]
    assert complaints == []


@pytest.mark.parametrize("end", ["*** End Patch\n```\n", ""])
def test_a_fence_within_a_patch_that_ends_later_is_a_line_of_its_file(end: str) -> None:
    patch = "```\n*** Begin Patch\n*** Update File: a.md\n@@\n text\n+more\n```\n rest\n-gone\n"
    items, complaints = read(patch + end)
    if end:
        assert not items
        assert complaints == [
            "a line that closes the fence stands within the patch of 'a.md': its last piece was not used; send "
            "it again in a fence of more backticks"
        ]
    else:
        assert [item.path for item in items] == ["a.md"]
        assert not complaints
