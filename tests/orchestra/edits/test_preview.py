"""What a file reads like after an edit, and the edits that would lose something."""

import pytest

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.preview import resulting_text

CURRENT = "import os\n\n\ndef f():\n    return os\n"


def whole(text: str) -> WholeFile:
    return WholeFile(path="a.py", text=text)


def block(search: str, replace: str) -> ReplaceBlock:
    return ReplaceBlock(path="a.py", search=search, replace=replace)


@pytest.mark.parametrize("current", [None, "", CURRENT])
def test_a_whole_file_is_its_text(current: str | None) -> None:
    assert resulting_text(current, whole("x = 1\n")) == "x = 1\n"


@pytest.mark.parametrize("current", [None, "", "\n"])
def test_an_empty_file_may_stay_empty(current: str | None) -> None:
    assert resulting_text(current, whole("")) == ""


def test_a_block_replaces_its_one_place() -> None:
    assert resulting_text(CURRENT, block("    return os\n", "    return 1\n")) == CURRENT.replace(
        "return os", "return 1"
    )


def test_a_block_without_search_makes_a_new_file() -> None:
    assert resulting_text(None, block("", "x = 1\n")) == "x = 1\n"


def test_a_block_for_an_absent_file_is_refused() -> None:
    with pytest.raises(EditRefused, match="no such file"):
        resulting_text(None, block("x\n", "y\n"))


def test_emptying_a_file_is_refused() -> None:
    with pytest.raises(EditRefused, match="empty"):
        resulting_text(CURRENT, whole(" \n"))


@pytest.mark.parametrize(
    "remark",
    [
        "# ... rest of the code unchanged ...",
        "    # ... existing code ...",
        "// ... other methods",
        "// rest of the file stays the same",
        "/* remaining functions unchanged */",
        "<!-- ... the rest as before -->",
        "# (existing imports go here)",
        "# … remaining tests …",
        "{/* ... existing components ... */}",
        "# class A and B unchanged ...",
        "# [unchanged code]",
        "# --- existing code here ---",
        "# (keep everything else the same)",
        "/* rest of file unchanged */",
    ],
)
def test_a_remark_in_the_place_of_code_is_refused(remark: str) -> None:
    with pytest.raises(EditRefused, match="line 2 of the new text stands for code"):
        resulting_text(CURRENT, whole(f"import os\n{remark}\n"))
    assert remark in resulting_text(None, whole(f"{remark}\n"))
    assert resulting_text(f"{remark}\nx\n", whole(f"{remark}\ny\n")) == f"{remark}\ny\n"


@pytest.mark.parametrize(
    "line",
    [
        "# the rest is history",
        "# existing rows stay the same",
        "# other than that, nothing is unchanged",
        "x = ...  # rest",
        "# previous code was slow",
        "text = '# ... rest of it'",
    ],
)
def test_ordinary_comments_are_no_remarks(line: str) -> None:
    assert resulting_text(CURRENT, whole(f"{line}\n")) == f"{line}\n"
