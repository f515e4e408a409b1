"""The offline provider: it answers from templates, in the format agents read, and never plays a model."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.errors import CannotBuild, ProviderError, ProviderFault
from codecompanion.contracts.model_calls import Brief, Finished
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.router.file_blocks import write_file_block
from codecompanion.router.providers.offline import OfflineClient

ORDER = RunOrder(kind="project", request="a shop", workspace="/w")


@pytest.fixture
def offline(templates):
    return OfflineClient(templates, chunk_size=10)


def read_blocks(text):
    """A reader of its own, as strict as the format."""
    files, lines, at = {}, text.split("\n"), 0
    while at < len(lines):
        if not lines[at].startswith("FILE: "):
            assert lines[at] == ""
            at += 1
            continue
        path, fence = lines[at].removeprefix("FILE: "), re.fullmatch(r"(`{3,})\w*", lines[at + 1])[1]
        end = lines.index(fence, at + 2)
        files[path] = "".join(f"{line}\n" for line in lines[at + 2 : end])
        at = end + 1
    return files


async def test_a_plan_is_a_plan(offline, ask, answer, templates):
    got = await answer(offline.stream(ask(brief=Brief(order=ORDER, purpose="plan")), "templates"))
    assert Plan.model_validate_json(got.text) == templates.plan(ORDER)
    assert json.loads(got.text)["leftOut"] == []
    assert all(len(part.text) <= 10 for part in got.parts[:-1])
    finished = got.parts[-1]
    assert isinstance(finished, Finished)
    assert (finished.provider, finished.model, finished.usage.cost) == ("offline", "templates", 0.0)


async def test_work_is_the_tasks_files(offline, ask, answer, templates):
    task = templates.plan(ORDER).tasks[0]
    brief = Brief(order=ORDER, purpose="work", task=task)
    got = await answer(offline.stream(ask(brief=brief), "templates"))
    assert read_blocks(got.text) == {
        "shop.py": "REQUEST = 'a shop'\n",
        "README.md": "```\nrun it\n```\n",
        "empty.py": "",
    }


async def test_it_always_says_the_same(offline, ask, answer):
    request = ask(brief=Brief(order=ORDER, purpose="plan"))
    first, second = [await answer(offline.stream(request, "templates")) for _ in range(2)]
    assert first.parts == second.parts


async def test_it_does_not_pretend_to_mend(offline, ask, answer, templates):
    brief = Brief(order=ORDER, purpose="mend", task=templates.plan(ORDER).tasks[0])
    with pytest.raises(CannotBuild, match="cannot mend code; set a provider's key"):
        await answer(offline.stream(ask(brief=brief), "templates"))


async def test_what_templates_refuse_is_refused(offline, ask, answer):
    order = ORDER.model_copy(update={"request": "a rocket"})
    with pytest.raises(CannotBuild, match="no rockets"):
        await answer(offline.stream(ask(brief=Brief(order=order, purpose="plan")), "templates"))


async def test_a_request_without_a_brief_is_a_bad_one(offline, ask, answer):
    with pytest.raises(ProviderError) as caught:
        await answer(offline.stream(ask(), "templates"))
    assert caught.value.fault is ProviderFault.BAD_REQUEST


async def test_there_is_nothing_to_check(offline):
    state = await offline.check()
    assert state.configured
    assert state.checked == "not checked"
    assert "without any model" in state.note
    await offline.close()


def test_a_file_block_as_it_is_written():
    assert write_file_block("a/b.py", "x = 1") == "FILE: a/b.py\n```\nx = 1\n```\n"
    assert write_file_block("a.md", "```\n````js\n") == "FILE: a.md\n`````\n```\n````js\n`````\n"
    assert write_file_block("empty", "") == "FILE: empty\n```\n```\n"


@given(st.text(alphabet=st.sampled_from("`\n ~aFILE: ünï\t\r"), max_size=60))
def test_every_text_survives_its_block(text):
    block = write_file_block("f.txt", text)
    expected = text if not text or text.endswith("\n") else f"{text}\n"
    assert read_blocks(block) == {"f.txt": expected}
