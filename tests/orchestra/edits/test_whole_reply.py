"""A whole reply: which file is meant, all or nothing, and what the result must be."""

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.whole_reply import Applied, applied_reply

TEXT = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
MOVE = "*** Begin Patch\n*** Update File: app.py\n*** Move to: b.py\n"
BLOCK = "<<<<<<< SEARCH\n    return 1\n=======\n    return 3\n>>>>>>> REPLACE\n"


def apply(
    reply: str, before: str | None = TEXT, file: str = "app.py", full_path: str = "/w/src/app.py"
) -> Applied:
    return applied_reply(reply, file, {file: before}.get, full_path=full_path)


@pytest.mark.parametrize(
    "reply",
    [
        BLOCK,
        f"```\n{BLOCK}```\n",
        f"FILE: app.py\n{BLOCK}",
        f"FILE: src/app.py\n{BLOCK}",
        f"FILE: ./src/App.py\n{BLOCK}",
        f"FILE: /somewhere/else/app.py\n{BLOCK}",
        f"FILE: src\\app.py\n{BLOCK}",
        "```diff\n-    return 1\n+    return 3\n```\n",
        "--- a/app.py\n+++ b/app.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 3\n",
        "*** Begin Patch\n*** Update File: src/app.py\n@@ def f\n-    return 1\n+    return 3\n*** End Patch\n",
        f"Here:\n\n```python\n{TEXT.replace('1', '3')}```\nRun it.\n",
        f"FILE: app.py\n```python\n{TEXT.replace('1', '3')}```\n",
    ],
)
def test_names_that_mean_the_file_and_replies_that_name_none(reply: str) -> None:
    applied = apply(reply)
    assert applied.reason == ""
    assert applied.texts == {"app.py": TEXT.replace("1", "3")}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("I would not change anything.\n", "holds no edit"),
        (f"FILE: other.py\n{BLOCK}", "another file"),
        (f"FILE: ../app.py\n{BLOCK}", "another file"),
        (f"FILE: lib/app.py\n{BLOCK}FILE: src/app.py\n{BLOCK}", "lib/app.py: it is for another file"),
        (f"```sh\nrm app.py\n```\n```python\n{TEXT}```\n", "holds no edit"),
        ("```sh\nrm app.py\n```\n", "holds no edit"),
        (BLOCK + BLOCK.replace("1", "7"), "no place"),
        (BLOCK.removesuffix(">>>>>>> REPLACE\n"), "no closing line"),
        (BLOCK + BLOCK.replace("1", "2").removesuffix(">>>>>>> REPLACE\n"), "no closing line"),
        (BLOCK.replace("return 3", "return ("), "not valid Python"),
        ("FILE: app.py\n```python\ndef f():\n    return 3\n# ... rest of the code\n```\n", "stands for code"),
        ("FILE: app.py\n```python\ndef f():\n    return 3\n", "ended inside the file"),
        ("FILE: app.py\n```python\n```\n", "lose the file's content"),
        ("*** Begin Patch\n*** Add File: app.py\n+x = 1\n*** End Patch\n", "is there already"),
        (f"{MOVE}@@\n-    return 1\n+    return 3\n*** End Patch\n", "would rename"),
        ("--- a/app.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-def f():\n", "not all that the file holds"),
        ("```diff\n@@ -1,2 +1,3 @@\n+import os\n def f():\n     return 9\n```\n", "no place"),
    ],
)
def test_what_is_refused_changes_nothing(reply: str, said: str) -> None:
    assert said in apply(reply).reason


def test_a_file_that_was_broken_may_stay_broken() -> None:
    broken = TEXT + "print 'old'\n"
    assert apply(BLOCK, broken).texts["app.py"] == broken.replace("return 1", "return 3")


@pytest.mark.parametrize(
    "reply",
    [
        "FILE: app.py\n```python\nx = 1\n```\n",
        "```python\nx = 1\n```\n",
        "<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n",
        "--- /dev/null\n+++ b/src/app.py\n@@ -0,0 +1 @@\n+x = 1\n",
        "*** Begin Patch\n*** Add File: app.py\n+x = 1\n*** End Patch\n",
    ],
)
@pytest.mark.parametrize("before", [None, ""])
def test_a_new_or_empty_file_is_filled_in_every_format(reply: str, before: str | None) -> None:
    applied = apply(reply, before)
    assert applied.reason == ""
    assert applied.texts["app.py"] == "x = 1\n"


def test_deleting_asks_for_no_more_than_the_word_for_it() -> None:
    assert apply("*** Begin Patch\n*** Delete File: app.py\n*** End Patch\n").texts == {"app.py": None}
    removed = "".join(f"-{line}\n" for line in TEXT.splitlines())
    assert apply(f"--- a/app.py\n+++ /dev/null\n@@ -1,6 +0,0 @@\n{removed}").texts == {"app.py": None}


def test_endings_of_the_file_stay_in_every_format() -> None:
    before = TEXT.replace("\n", "\r\n")
    whole = f"FILE: app.py\n```python\n{TEXT.replace('1', '3')}```\n"
    for reply in (BLOCK, whole, BLOCK.replace("\n", "\r\n"), whole.replace("\n", "\r\n")):
        assert apply(reply, before).texts["app.py"] == before.replace("1", "3")


def test_hunks_go_by_the_lines_of_those_before_them() -> None:
    twice = "a = 1\nb = 2\n\n\n\n\na = 1\nb = 2\n"
    hunks = "@@ -1,2 +1,3 @@\n+x = 0\n a = 1\n b = 2\n@@ -7,2 +8,2 @@\n a = 1\n-b = 2\n+b = 3\n"
    diff = f"--- a/app.py\n+++ b/app.py\n{hunks}"
    assert apply(diff, twice).texts["app.py"] == "x = 0\na = 1\nb = 2\n\n\n\n\na = 1\nb = 3\n"


def test_other_files_are_changed_where_that_is_allowed() -> None:
    files = {"src/app.py": TEXT, "lib/app.py": TEXT, "old.py": "x = 1\n"}
    reply = (
        f"FILE: lib/app.py\n{BLOCK}FILE: app.py\n{BLOCK}"
        "*** Begin Patch\n*** Update File: old.py\n*** Move to: new.py\n@@\n-x = 1\n+x = 2\n*** End Patch\n"
    )
    applied = applied_reply(reply, "src/app.py", files.get, full_path="/w/src/app.py", others=True)
    assert applied.reason == ""
    changed = TEXT.replace("1", "3")
    assert applied.texts == {"src/app.py": changed, "lib/app.py": changed, "old.py": None, "new.py": "x = 2\n"}


def test_what_cannot_be_read_is_a_reason() -> None:
    def read(path: str) -> str | None:
        raise WorkspaceError(f"{path!r} is not a text file")

    assert "is not a text file" in applied_reply(BLOCK, "app.py", read).reason


def test_each_step_is_told() -> None:
    reply = BLOCK.replace("    return 1", "return 1").replace("    return 3", "return 3") + BLOCK.replace(
        "1", "9"
    )
    first, second = apply(reply).steps
    assert (first.format, first.rung, first.first_line, first.reason) == (
        "search/replace",
        "indentation",
        2,
        "",
    )
    assert (second.first_line, second.reason.startswith("app.py: no place")) == (0, True)


def test_a_block_that_fits_by_chance_in_a_reply_indented_otherwise_is_refused() -> None:
    before = "def f():\n    go()\n    if a:\n        stay()\n\n\ndef g():\n    stay()\n    end()\n"
    shifted = "<<<<<<< SEARCH\n        stay()\n=======\n        leave()\n>>>>>>> REPLACE\n"
    assert apply(shifted, before).reason == ""
    other = "<<<<<<< SEARCH\n        end()\n=======\n        end(1)\n>>>>>>> REPLACE\n"
    assert "indented unlike the file" in apply(shifted + other, before).reason


LONG = "".join(f"line_{n} = {n}\n" for n in range(30))


def test_a_fenced_part_of_a_long_file_is_not_taken_for_all_of_it() -> None:
    applied = apply("This is the line I mean:\n\n```python\nline_3 = 4\n```\n", LONG)
    assert "may be only a part of the file; if it is all of it, put a line FILE: app.py" in applied.reason
    assert not applied.texts
    rest = LONG.partition("\n")[2]
    assert apply(f"```python\n{rest}```\n", LONG).texts == {"app.py": rest}


def test_a_block_said_twice_is_meant_once() -> None:
    twice = 2 * "<<<<<<< SEARCH\n    return 1\n=======\n    return 1\n    # and no more\n>>>>>>> REPLACE\n"
    assert apply(twice).texts == {"app.py": TEXT.replace("return 1\n", "return 1\n    # and no more\n")}


@pytest.mark.parametrize("path", ["tests/app.py", "lib/src/other/app.py"])
def test_with_a_root_a_new_file_of_the_same_name_is_another_file(path: str) -> None:
    reply = f"FILE: {path}\n```python\nx = 1\n```\n"
    applied = applied_reply(reply, "src/app.py", {"src/app.py": TEXT}.get, others=True)
    assert applied.texts == {path: "x = 1\n"}


def test_with_a_root_a_folder_more_is_another_file() -> None:
    reply = "FILE: tests/app.py\n```python\nx = 1\n```\n"
    applied = applied_reply(reply, "app.py", {"app.py": TEXT}.get, full_path="/w/app.py", others=True)
    assert applied.texts == {"tests/app.py": "x = 1\n"}


@pytest.mark.parametrize("path", ["app.py", "/w/src/app.py", "src/app.py", "/repo/src/app.py"])
def test_with_a_root_a_name_may_leave_out_folders_or_begin_above_the_root(path: str) -> None:
    reply = f"FILE: {path}\n{BLOCK}"
    applied = applied_reply(
        reply, "src/app.py", {"src/app.py": TEXT}.get, full_path="/w/src/app.py", others=True
    )
    assert applied.texts == {"src/app.py": TEXT.replace("1", "3")}


def test_a_renamed_file_may_stay_broken() -> None:
    rename = (
        "```diff\ndiff --git a/app.py b/b.py\nsimilarity index 90%\nrename from app.py\nrename to b.py\n```\n"
    )
    applied = applied_reply(rename, "app.py", {"app.py": "def ("}.get, others=True)
    assert (applied.reason, applied.texts) == ("", {"app.py": None, "b.py": "def ("})


def test_two_spellings_of_a_path_are_one_file() -> None:
    second = BLOCK.replace("return 1", "return 2").replace("return 3", "return 4")
    reply = f"FILE: lib/b.py\n{BLOCK}FILE: ./lib//b.py\n{second}"
    applied = applied_reply(reply, "app.py", {"lib/b.py": TEXT}.get, others=True)
    assert applied.texts == {"lib/b.py": TEXT.replace("return 1", "return 3").replace("return 2", "return 4")}
