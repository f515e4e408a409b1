"""An answer that streams comes to what ``orchestra patch`` makes of it, however it is cut."""

import random
import re
from itertools import islice
from typing import Any

import pytest

from benchmarks.edit_corpus.judging import Case, cases
from codecompanion.orchestra.edits.whole_reply import Applied, applied_reply
from codecompanion.orchestra.workspace.protected import writable_path


async def compared(streams: Any, case: Case, rng: random.Random) -> Applied:
    """Apply a case both ways and demand the same of both; returns what patch made of it."""
    folder = await streams()
    folder.write(case.path, case.before)

    def read(path: str) -> str | None:
        writable_path(folder.root, path)
        return folder.read(path)

    applied = applied_reply(case.reply, case.path, read, others=True)
    stream = await folder.answer(case.reply, rng, files=(case.path,))
    refusals = [rejection.reason for rejection in stream.rejections]
    if applied.reason:
        assert refusals, f"only patch refuses {case.name}: {applied.reason}\n{case.reply}"
        if not any("the reply is indented unlike the file" in reason for reason in refusals):
            # without such a piece the ones after it stand at the same lines
            assert {step.reason for step in applied.steps if step.reason} <= set(refusals), case.name
    else:
        assert not refusals, f"only the stream refuses {case.name}: {refusals}\n{case.reply}"
        for path, text in applied.texts.items():
            assert folder.read(path) == text, case.name
    return applied


def named(case: Case) -> bool:
    """Whether a stream can know the file: a lone fence without a name is an answer to ``patch`` only."""
    return case.name != "whole: no name"


async def test_the_corpus_streams_to_the_same_texts_and_refusals(streams) -> None:
    rng = random.Random(5)
    seen = [
        await compared(streams, case, rng)
        for case in islice(filter(named, cases(seed=21, from_history=0)), 100)
    ]
    assert any(one.reason for one in seen)
    assert any(not one.reason for one in seen)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [31, 32, 33])
async def test_much_of_the_corpus_streams_to_the_same(streams, seed: int) -> None:
    rng = random.Random(seed)
    seen = 0
    for case in islice(filter(named, cases(seed=seed, from_history=100)), 1_000):
        await compared(streams, case, rng)
        seen += 1
    assert seen == 1_000


TWO = "class A:\n    def f(self):\n        go()\n\n\n"
TWO += "class B:\n    def g(self):\n        if x:\n            go()\n"


def block(old: str, new: str) -> str:
    return f"FILE: app.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


CASES = {
    "the second half mends the first": block("    def f(self):\n", "    def f(self):\n        try:\n")
    + block("        go()\n\n", "            go()\n        finally:\n            stop()\n\n"),
    "broken and never mended": block("    def f(self):\n", "    def f(self:\n")
    + block("class B:\n", "class C:\n"),
    "a lookalike before what shows that all is indented otherwise": block("        go()\n", "        come()\n")
    + block("def g(self):\n    if x:\n", "def g(self):\n    if y:\n"),
    "a lookalike and nothing that speaks against it": block("        go()\n", "        come()\n")
    + block("class B:\n", "class C:\n"),
    "the same block twice": 2 * block("class B:\n", "class B:\n    x = 1\n"),
    "a rename, then edits under the new name": (
        "```diff\ndiff --git a/app.py b/new.py\nsimilarity index 90%\nrename from app.py\nrename to new.py\n"
        "--- a/app.py\n+++ b/new.py\n@@ -6,3 +6,3 @@\n-class B:\n+class C:\n     def g(self):\n"
        "         if x:\n```\n"
    ),
    "a name that leaves out nothing but its folder": block("class B:\n", "class C:\n").replace(
        "app.py", "./app.py"
    ),
    "a file that leads out": block("class B:\n", "class C:\n") + "FILE: ../x.py\n```\nx = 1\n```\n",
    "emptied": block(TWO, ""),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("before", [TWO, "def broken(:\n" + TWO], ids=["sound", "broken"])
async def test_what_only_a_whole_answer_tells(streams, name: str, before: str) -> None:
    for seed in range(3):
        case = Case(name, "app.py", before, CASES[name], "", mendable=False)
        await compared(streams, case, random.Random(seed))


async def test_a_piece_that_breaks_its_file_waits_for_the_one_that_mends_it(streams) -> None:
    folder = await streams()
    folder.write("app.py", TWO)
    stream = await folder.answer(CASES["the second half mends the first"])
    assert not stream.rejections
    assert "finally:" in (folder.read("app.py") or "")


async def test_a_lookalike_is_refused_when_the_answer_is_indented_otherwise(streams) -> None:
    folder = await streams()
    folder.write("app.py", TWO)
    stream = await folder.answer(CASES["a lookalike before what shows that all is indented otherwise"])
    (rejection,) = stream.rejections
    assert re.match(r"app.py: the reply is indented unlike the file, and .* line 3 ", rejection.reason)
    assert "come()" not in (folder.read("app.py") or "")


async def test_pieces_for_other_files_do_not_wait(streams) -> None:
    folder = await streams()
    folder.write("app.py", TWO)
    reply = CASES["broken and never mended"] + "FILE: other.py\n```\nx = 1\n```\n"
    stream = await folder.answer(reply)
    assert folder.read("other.py") == "x = 1\n"
    assert [one.reason.partition(":")[0] for one in stream.rejections] == ["app.py"]
    assert folder.read("app.py") == TWO.replace("class B", "class C")


async def test_a_whole_text_for_a_file_nobody_read_is_answered_with_what_it_reads(streams) -> None:
    folder = await streams()
    folder.write("app.py", "")
    (folder.root / "other.py").write_text("kept = 1\n")
    whole = "FILE: other.py\n```\nx = 1\n```\n"
    stream = await folder.answer(whole)
    (rejection,) = stream.rejections
    assert "you have not read it, so nothing was overwritten.\nIt reads now:\nkept = 1\n" in rejection.reason
    assert folder.read("other.py") == "kept = 1\n"
    # it has seen it now, so the next answer is its word
    assert not (await folder.answer(whole.replace("x = 1", "kept = 1\nx = 1"))).rejections
    assert folder.read("other.py") == "kept = 1\nx = 1\n"


async def test_what_an_agent_must_not_see_is_not_told_either(streams) -> None:
    folder = await streams()
    (folder.root / "secret.py").write_text("kept = 1\n")
    stream = await folder.answer("FILE: secret.py\n```\nx = 1\n```\n", hidden=lambda path: True)
    (rejection,) = stream.rejections
    assert "kept" not in rejection.reason
    assert folder.read("secret.py") == "kept = 1\n"


async def test_a_long_file_is_to_be_read_first(streams) -> None:
    folder = await streams()
    text = "kept = 1\n" * 10_000
    (folder.root / "long.py").write_text(text)
    for _ in range(2):
        stream = await folder.answer("FILE: long.py\n```\nx = 1\n```\n")
        assert "read it first" in stream.rejections[0].reason
    assert folder.read("long.py") == text
