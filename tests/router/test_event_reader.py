"""Reading event streams: cut anywhere, the same events come out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.router.providers.sse import EventReader

data_text = st.text(
    st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), min_size=1, max_size=20
)


def read(chunks):
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


def cut_at(data, places):
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(
    st.lists(data_text, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_cuts_change_nothing(texts, end, places):
    stream = "".join(f"event: x{end}data: {text}{end}{end}" for text in texts) + f": a comment{end}{end}"
    chunks = cut_at(stream.encode(), places)
    # a CR at the very end could be half of a CR LF, so the last event needs something after it
    assert read(chunks) == texts


def test_the_fields_of_an_event():
    assert read([b"data: a\ndata: b\nid: 7\n\ndata:c\n\nevent: only\n\n"]) == ["a\nb", "c"]


def test_an_event_cut_off_by_the_end_is_no_event():
    assert read([b"data: whole\n\ndata: half\n"]) == ["whole"]


def test_line_ends_of_python_are_no_line_ends_here():
    assert read(["data: a\u2028b\u0085c\x0bd\n\n".encode()]) == ["a\u2028b\u0085c\x0bd"]


def test_what_is_no_utf_8_is_an_error():
    with pytest.raises(UnicodeDecodeError):
        read([b"data: \xff\xfe\n\n"])
