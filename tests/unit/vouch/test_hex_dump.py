"""Bytes for people."""

import pytest

from vouch.hex_dump import shown_bytes


def test_text_is_shown_as_it_is() -> None:
    assert shown_bytes('{"über": 1}\n'.encode()) == '{"über": 1}\n'
    assert shown_bytes(b"") == ""


@pytest.mark.parametrize("payload", [b"\xff\x00AB", b"\x1b[2J", b"a\x00b"])
def test_anything_else_is_shown_in_rows(payload: bytes) -> None:
    assert shown_bytes(payload).startswith("00000000  " + payload.hex(" "))


def test_a_row_has_sixteen_bytes_and_their_signs() -> None:
    assert shown_bytes(bytes(range(56, 73)) + b"\x00").splitlines() == [
        "00000000  38 39 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47  89:;<=>?@ABCDEFG",
        "00000010  48 00" + " " * 44 + "H.",
    ]


def test_half_a_sign_at_the_end_is_left_out_where_bytes_were_cut() -> None:
    whole = "grüße".encode()

    assert shown_bytes(whole[:3], is_cut=True) == "gr"
    assert shown_bytes(whole[:3]).startswith("00000000  67 72 c3")
