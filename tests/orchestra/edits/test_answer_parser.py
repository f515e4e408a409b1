"""Reading replies: the formats models really write, cut anywhere, and what must never become an edit."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.edits import FileEdit, ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.answer_parser import AnswerParser


def read(text: str, size: int = 0) -> tuple[list[FileEdit], list[str], str]:
    """Read a reply in chunks of ``size`` (0: at once): the items, the complaints and the prose."""
    parser = AnswerParser()
    chunks = [text[at : at + size] for at in range(0, len(text), size)] if size else [text]
    items = [item for chunk in chunks for item in parser.feed(chunk)]
    closing = parser.close()
    return items + closing.items, closing.complaints, parser.prose


def whole(path: str, text: str) -> WholeFile:
    return WholeFile(path=path, text=text)


def block(path: str, search: str, replace: str) -> ReplaceBlock:
    return ReplaceBlock(path=path, search=search, replace=replace)


REPLY = """I wrote the module and its test.

FILE: src/app.py
```python
def f():
    return 1
```

FILE: README.md
````
# App
```sh
run
```
````

And this mends the caller:

FILE: src/main.py
<<<<<<< SEARCH
from app import g
=======
from app import f
>>>>>>> REPLACE

Done.
"""
EXPECTED = [
    whole("src/app.py", "def f():\n    return 1\n"),
    whole("README.md", "# App\n```sh\nrun\n```\n"),
    block("src/main.py", "from app import g\n", "from app import f\n"),
]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 50])
def test_a_reply_with_files_and_blocks(size: int) -> None:
    items, complaints, prose = read(REPLY, size)
    assert items == EXPECTED
    assert complaints == []
    assert prose == "I wrote the module and its test.\n\nAnd this mends the caller:\n\nDone."


def test_an_item_comes_out_with_the_newline_of_its_last_line() -> None:
    parser = AnswerParser()
    assert parser.feed("FILE: a.py\n```\nx\n```") == []
    assert parser.feed("\n") == [whole("a.py", "x\n")]


def test_a_fence_at_the_end_of_the_reply_is_decided_at_close() -> None:
    parser = AnswerParser()
    parser.feed("FILE: a.py\n```\nx\n```")
    assert parser.close().items == [whole("a.py", "x\n")]


def test_a_longer_run_after_a_chunk_that_looked_closed_is_text() -> None:
    parser = AnswerParser()
    assert parser.feed("FILE: a.md\n```\nx\n```") == []
    assert parser.feed("`\ny\n```\n") == [whole("a.md", "x\n````\ny\n")]


@pytest.mark.parametrize(
    "name",
    [
        "FILE: src/a.py",
        "File: src/a.py",
        "FILE:src/a.py",
        "**FILE:** src/a.py",
        "**FILE: src/a.py**",
        "**FILE:** `src/a.py`",
        "FILE: `src/a.py` (new)",
        "### FILE: src/a.py",
        "- FILE: src/a.py",
        "1. FILE: src/a.py",
        "FILENAME: src/a.py",
        "### src/a.py",
        "## `src/a.py`",
        "src/a.py",
        "`src/a.py`",
        "**`src/a.py`**",
        "src/a.py:",
        "FILE: src/a.py\r",
    ],
)
@pytest.mark.parametrize("fence", ["```python", "~~~", "`````", "``` python title=x", "```\r"])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_forms_of_names_and_fences(name: str, fence: str, between: str) -> None:
    run = re.match(r"[`~]+", fence)
    assert run
    items, complaints, _ = read(f"{name}{between}{fence}\nx = 1\n{run[0]}\n")
    assert items == [whole("src/a.py", "x = 1\n")]
    assert complaints == []


def test_names_with_spaces_and_underscores_are_kept() -> None:
    assert read("FILE: my docs/__init__.py\n```\n```\n")[0] == [whole("my docs/__init__.py", "")]


def test_an_indented_fence_gives_its_text_without_the_indentation() -> None:
    assert read("FILE: a.py\n  ```\n  if x:\n      y\nz\n  ```\n")[0] == [whole("a.py", "if x:\n    y\nz\n")]


@pytest.mark.parametrize(
    "text",
    [
        "Look at\n```python\nx = 1\n```\n",
        "The files are\n```\nsrc/a.py\nsrc/b.py\n```\nand nothing else.\n```\nx\n```\n",
        "Run `src/a.py` now.\n```\npython src/a.py\n```\n",
        "e.g.\n```\nx\n```\n",
        "Version 1.2\n```\nx\n```\n",
        "https://example.com/a.py\n```\nx\n```\n",
        "src/a.py\nis the file, its text:\n```\nx\n```\n",
        '```json\n{\n"file": "a.py"\n}\n```\n<<<<<<<\n',
        "A title\n=======\n\nText\n>>>>>>> REPLACE\n",
        "FILE: a.py is unchanged.\n",
        "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    items, complaints, prose = read(text)
    assert (items, complaints, prose) == ([], [], text.strip())


def test_fenced_text_that_does_not_follow_its_name_directly_is_complained_about() -> None:
    items, complaints, _ = read("FILE: a.py\nThe changed part:\n```python\nx\n```\n")
    assert items == []
    assert len(complaints) == 1
    assert "'a.py'" in complaints[0]


def test_a_sample_below_the_name_of_a_file_already_given_is_no_complaint() -> None:
    text = "FILE: a.py\n```\nx\n```\nFILE: a.py\nis new. Run\n```sh\npython a.py\n```\n"
    assert read(text)[:2] == ([whole("a.py", "x\n")], [])


def test_a_readme_with_inner_samples_of_the_same_fence_is_whole() -> None:
    inner = "# Title\n```bash\nmake\n```\nend\n"
    assert read(f"FILE: README.md\n```markdown\n{inner}```\n")[0] == [whole("README.md", inner)]


def test_a_label_within_a_fence_round_the_whole_answer() -> None:
    assert read("```\nFILE: a.py\n```python\nx\n```\n```\n")[0] == [whole("a.py", "x\n")]


@pytest.mark.parametrize(
    "text",
    [
        "FILE: a.py\n{}\n",
        "FILE: a.py\n```python\n{}\n```\n",
        "a.py\n```python\n{}\n```\n",
        "a.py\n{}\n",
        "### a.py\n\n```diff\n\n{}\n```\n",
        "```python\na.py\n{}\n```\n",
        "```\nFILE: a.py\n{}\n```\n",
        "FILE: a.py\nChange this:\n{}\n",
        "FILE: a.py\nChange this:\n```\n{}\n```\n",
    ],
)
def test_places_of_blocks(text: str) -> None:
    reply = text.replace("{}", "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE") + "Bye.\n"
    items, complaints, prose = read(reply)
    assert items == [block("a.py", "x = 1\n", "x = 2\n")]
    assert complaints == []
    assert prose in {
        "Bye.",
        "Change this:\n\nBye.",
        "FILE: a.py\nChange this:\n\nBye.",
        "FILE: a.py\nChange this:\nBye.",
    }


def test_several_blocks_in_one_fence_and_a_file_after_it() -> None:
    text = (
        "a.py\n```\n<<<<<<< SEARCH\n1\n=======\n2\n>>>>>>> REPLACE\n\n"
        "<<<<<<< SEARCH\n3\n=======\n>>>>>>> REPLACE\n```\n"
        "b.py\n```\nx\n```\n"
    )
    assert read(text)[0] == [block("a.py", "1\n", "2\n"), block("a.py", "3\n", ""), whole("b.py", "x\n")]


def test_a_block_without_search_lines_is_for_a_new_file() -> None:
    assert read("a.py\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n")[0] == [block("a.py", "", "x\n")]


def test_blank_lines_and_indentation_in_blocks_are_kept() -> None:
    text = "FILE: a.py\n<<<<<<< SEARCH\n\n  x\n\n=======\n\ty\n\n>>>>>>> REPLACE\n"
    assert read(text)[0] == [block("a.py", "\n  x\n\n", "\ty\n\n")]


@pytest.mark.parametrize(
    ("opening", "middle", "end"),
    [
        ("<<<<< SEARCH", "=====", ">>>>> REPLACE"),
        ("<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
        ("<<<<<<< SEARCH", "======", ">>>>>>>> REPLACE"),
        ("<<<<<<<SEARCH", "======= ", ">>>>>>>REPLACE  "),
        ("<<<<<<< search", "=======", ">>>>>>> replace"),
    ],
)
def test_miscounted_markers(opening: str, middle: str, end: str) -> None:
    assert read(f"a.py\n{opening}\nx\n{middle}\ny\n{end}\n")[0] == [block("a.py", "x\n", "y\n")]


def test_underlines_of_another_length_are_no_divider() -> None:
    text = "a.rst\n<<<<<<< SEARCH\nTitles\n======\n=======\nTitle\n=====\n>>>>>>> REPLACE\n"
    assert read(text)[0] == [block("a.rst", "Titles\n======\n", "Title\n=====\n")]


def test_an_underline_as_long_as_the_divider_is_refused_with_the_mend() -> None:
    items, complaints, _ = read("a.rst\n<<<<<<< SEARCH\nA title\n=======\n=======\nB title\n>>>>>>> REPLACE\n")
    assert items == []
    assert "use 9 characters" in complaints[0]


def test_long_markers_quote_shorter_ones() -> None:
    inner = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    text = f"doc.md\n<<<<<<<<< SEARCH\n{inner}=========\n{inner}{inner}>>>>>>>>> REPLACE\n"
    assert read(text)[:2] == ([block("doc.md", inner, inner * 2)], [])


def test_a_block_begun_anew_drops_the_unfinished_one() -> None:
    text = "a.py\n<<<<<<< SEARCH\nx\n<<<<<<< SEARCH\ny\n=======\nz\n>>>>>>> REPLACE\n"
    items, complaints, _ = read(text)
    assert items == [block("a.py", "y\n", "z\n")]
    assert "no closing line" in complaints[0]


@pytest.mark.parametrize("text", ["<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"])
def test_a_block_for_no_file_is_complained_about(text: str) -> None:
    items, complaints, _ = read(text)
    assert items == []
    assert "names no file" in complaints[0]


@pytest.mark.parametrize(
    "whole_reply",
    ["FILE: a.py\n```\nx = 1\ny = 2\n```\n", "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"],
)
def test_a_reply_cut_anywhere_gives_the_item_or_nothing(whole_reply: str) -> None:
    (expected,) = read(whole_reply)[0]
    for end in range(len(whole_reply)):
        items, complaints, _ = read(whole_reply[:end])
        assert items in ([], [expected])
        assert not (items and complaints)
        if whole_reply[:end].count("\n") >= 2 and not items:
            assert len(complaints) == 1, whole_reply[:end]


def test_reset_forgets_the_reply() -> None:
    parser = AnswerParser()
    parser.feed("Prose\nFILE: a.py\n```\nhalf a fi")
    parser.reset()
    assert parser.feed("x\nFILE: b.py\n```\ny\n```\n") == [whole("b.py", "y\n")]
    assert parser.close() == ([], [])
    assert parser.prose == "x"


PIECES = st.sampled_from(
    [
        *("FILE: a.py", "b/c.md", "### d.js", "file:", "", " ", "x = 1", "\r"),
        *("```", "```py", "````", "~~~", "  ```"),
        *("<<<<<<< SEARCH", "=======", "=====", ">>>>>>> REPLACE"),
        *("<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
    ]
)
REPLIES = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=25).map("\n".join)


@given(REPLIES, st.lists(st.integers(0, 400), max_size=12))
def test_chunks_make_no_difference(text: str, cuts: list[int]) -> None:
    parser = AnswerParser()
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    items = [item for start, end in pairwise(places) for item in parser.feed(text[start:end])]
    closing = parser.close()
    assert (items + closing.items, closing.complaints, parser.prose) == read(text)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    read(text)


def write_file_block(path: str, text: str) -> str:
    """Write a file as agents are asked to: a fence longer than any that begins a line of the text."""
    fence = "`" * (max((len(run) for run in re.findall(r"^\s*(`{3,})", text, re.MULTILINE)), default=2) + 1)
    return f"FILE: {path}\n{fence}\n{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{fence}\n"


CONTENT = st.one_of(st.text(), REPLIES).filter(lambda text: not text.lstrip().startswith("<<<<"))


@given(st.lists(CONTENT, min_size=1, max_size=4), st.integers(1, 40))
def test_written_files_are_read_back_whatever_they_hold(contents: list[str], size: int) -> None:
    reply = "Here.\n" + "\n".join(write_file_block(f"f{n}.txt", text) for n, text in enumerate(contents))
    items, complaints, _ = read(reply, size)
    assert items == [
        whole(f"f{n}.txt", text if not text or text.endswith("\n") else text + "\n")
        for n, text in enumerate(contents)
    ]
    assert complaints == []


@given(st.text(), st.text())
def test_written_blocks_are_read_back(old: str, new: str) -> None:
    search, replace = (text if not text or text.endswith("\n") else text + "\n" for text in (old, new))
    reply = f"FILE: a.txt\n<<<<<<<<< SEARCH\n{search}=========\n{replace}>>>>>>>>> REPLACE\n"
    assert read(reply, 5)[0] == [block("a.txt", search, replace)]


@pytest.mark.parametrize(
    "text", ["a", "\n", "`", "```\n", "<<<<<<< SEARCH\n", "a.py\n", "FILE: x\n", "=" * 7 + "\n", " "]
)
def test_no_input_is_a_quadratic_trap(text: str) -> None:
    parser = AnswerParser()
    big = text * (200_000 // len(text))
    started = time.process_time()
    for at in range(0, len(big), 4):
        parser.feed(big[at : at + 4])
    parser.close()
    assert parser.prose is not None
    assert time.process_time() - started < 4
