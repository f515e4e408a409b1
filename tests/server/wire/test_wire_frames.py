"""The frame parser by itself: any cutting of the stream, any rubbish before a good frame."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.server.wire.frames import BadFrame, FrameParser, encode_frame

BODIES = st.lists(st.binary(max_size=200).filter(lambda body: b"ength" not in body.lower()), max_size=8)

PIECES = [b"Content-Length: ", b"content-length:", b"17", b"-1", b"\r\n", b"\n", b"\r\n\r\n", b"{}", b": "]
RUBBISH = st.lists(st.binary(max_size=50) | st.sampled_from(PIECES), max_size=12).map(b"".join)


def parse(*chunks: bytes, max_body: int = 10_000) -> list[bytes | BadFrame]:
    parser = FrameParser(max_body)
    return [item for chunk in chunks for item in parser.feed(chunk)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)
@given(bodies=BODIES, places=st.lists(st.integers(min_value=0), max_size=20))
def test_however_a_good_stream_is_cut_the_bodies_come_out(bodies, places):
    stream = b"".join(encode_frame(body) for body in bodies)
    assert parse(*cut(stream, places)) == bodies


def test_byte_by_byte():
    stream = encode_frame(b"{}") + b"\r\n" + encode_frame(b"") + encode_frame(b"[1]")
    assert parse(*(bytes([byte]) for byte in stream)) == [b"{}", b"", b"[1]"]


@settings(max_examples=500, deadline=None)
@given(rubbish=RUBBISH, places=st.lists(st.integers(min_value=0), max_size=6))
def test_after_any_rubbish_the_second_good_frame_comes_out(rubbish, places):
    good = b'{"good": 1}'
    items = parse(
        *cut(rubbish + encode_frame(b'{"first": 1}') + encode_frame(good), places), encode_frame(good)
    )
    assert items[-1] == good


def test_one_complaint_for_a_run_of_bad_bytes():
    items = parse(b"rubbish\r\n\r\n" * 100, encode_frame(b"{}"))
    assert [type(item) for item in items] == [BadFrame, bytes]


def test_a_frame_over_the_limit_is_skipped_and_named():
    big = b'{"text": "' + b"Content-Length: 12\\r\\n\\r\\n" * 500 + b'"}'
    refused, after = parse(encode_frame(big), encode_frame(b"{}"))
    assert refused == BadFrame(f"a message of {len(big)} bytes; the limit is 10000", oversized=True)
    assert after == b"{}"


def test_text_about_headers_is_no_header():
    body = b'{"text": "Content-Length: 12\\r\\n\\r\\n{}, content-length: 5\\n"}'
    assert parse(encode_frame(body) * 3) == [body] * 3


def test_a_body_announced_too_long_ends_at_the_next_header():
    stream = b"Content-Length: 500\r\n\r\n{}" + encode_frame(b"[1]")
    assert parse(stream[:30], stream[30:]) == [b"{}", b"[1]"]


def test_memory_stays_bounded_while_rubbish_pours_in():
    parser = FrameParser(max_body=1000)
    for _ in range(200):
        list(parser.feed(b"z" * 65536))
    assert len(parser._buffer) < 65536 + 8192


@pytest.mark.parametrize("word", [b"x", b"length"])
def test_a_large_body_costs_linear_time(word):
    body = b'"' + word * (16 * 1024 * 1024 // len(word)) + b'"'
    stream = encode_frame(body)
    chunks = [stream[start : start + 65536] for start in range(0, len(stream), 65536)]
    began = time.process_time()
    assert parse(*chunks, max_body=2**26) == [body]
    assert time.process_time() - began < 5
