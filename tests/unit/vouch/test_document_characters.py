"""What a document may not hold, and how fast that is said."""

import pytest

from vouch.document import DocumentFaults, parse_document


@pytest.mark.parametrize("text", ['text: "a\\0b"', '"key\\u0085": 1', 'text: "two\\nlines"'])
def test_a_control_character_is_refused_however_it_is_spelled(text: str) -> None:
    with pytest.raises(DocumentFaults, match=r"^f.yaml:2: a character that is not allowed, U\+00"):
        parse_document(f"first: 1\n{text}\n", "f.yaml")


def test_nesting_without_end_is_refused_at_once_with_its_line() -> None:
    with pytest.raises(DocumentFaults, match=r"^f.yaml:2: nested too deeply$"):
        parse_document("first: 1\na: " + "[" * 100_000, "f.yaml")
