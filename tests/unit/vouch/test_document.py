"""Documents people write: values as they stand, and one line a fault with file, line and path."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from vouch.document import DocumentFaults, Fault, PlainDecimal, parse_document
from vouch.errors import Invalid


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: PlainDecimal
    count: Annotated[int, Field(ge=1, strict=True)] = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    inner: list[Inner] = []


def faults_of(text: str) -> list[str]:
    with pytest.raises(Invalid) as raised:
        parse_document(text, "f.yaml").model(Outer)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("+4", 4),
        ("1.50", Decimal("1.50")),
        ("-0.1", Decimal("-0.1")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("''", ""),
        ("'1'", "1"),
        # Text, whatever YAML 1.1 makes of it.
        ("22:00", "22:00"),
        ("2026-10-01", "2026-10-01"),
        ("yes", "yes"),
        ("no", "no"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1e2", "1e2"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("１", "１"),
        ("1" * 200, "1" * 200),
    ],
)
def test_a_value_is_what_stands_there(written: str, value: Any) -> None:
    content = parse_document(f"key: {written}", "f.yaml").content

    assert content == {"key": value}
    assert type(content["key"]) is type(value)


def test_json_is_read_as_well() -> None:
    assert parse_document('{"a": [1, 2.5, "x", null]}', "f.json").content == {"a": [1, Decimal("2.5"), "x", None]}


def test_every_path_knows_its_line() -> None:
    document = parse_document("a: 1\nb:\n  - c: 2\n    d: 3\n", "f.yaml")

    assert document.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 0, "c"): 3, ("b", 0, "d"): 4}
    error = document.faults([Fault(("b", 0, "d"), "no"), Fault(("b", 0, "d", "x"), "no"), Fault((), "no")])
    assert str(error).splitlines() == ["f.yaml:4: b[0].d: no", "f.yaml:4: b[0].d.x: no", "f.yaml:1: document: no"]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\na: 2", 2, "a: given twice"),
        ("x: {b: 1, b: 2}", 1, "x.b: given twice"),
        ("a: 1\nb: &x 1", 2, "anchors"),
        ("a: *x", 1, "anchors"),
        ("a: !!int 3", 1, "tags"),
        ("a: 1\n? [b]\n: 1", 2, "plain text"),
        ("a: 1\n\tb: 2", 2, "not readable as YAML"),
        ("a: [1, 2", 1, "not readable as YAML"),
        ("---\na: 1\n---\nb: 1", 3, "another document"),
        ("a: 1\nb: \x00", 2, r"U\+0000"),
        ("a: 1\nb:\n - \ud800", 3, r"U\+D800"),
    ],
)
def test_what_is_no_document_is_one_line_with_its_number(text: str, line: int, word: str) -> None:
    with pytest.raises(DocumentFaults, match=word) as raised:
        parse_document(text, "f.yaml")

    assert str(raised.value).startswith(f"f.yaml:{line}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["[" * 3000, "{a: " * 3000, "- " * 3000, "[" * 60 + "]" * 60])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(DocumentFaults, match="nested too deeply"):
        parse_document(text, "f.yaml")


def test_a_document_has_a_length() -> None:
    with pytest.raises(Invalid, match=r"^f\.yaml: longer than 4000000"):
        parse_document("#" * 4_000_001, "f.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inner: []", "f.yaml:1: name: required, but missing; expected: text"),
        ("name: x\nnames: y", "f.yaml:2: names: unknown key; did you mean 'name'?"),
        ("name: x\nzzz: y", "f.yaml:2: zzz: unknown key; known here: name, inner"),
        ("name: 5", "f.yaml:1: name: found 5; expected: text"),
        ("name: x\ninner:\n- count: 1", "f.yaml:3: inner[0].amount: required, but missing; expected: a number"),
        (
            "name: x\ninner:\n- amount: 1e2",
            "f.yaml:3: inner[0].amount: found '1e2'; expected: a plain decimal number such as 12.50",
        ),
        (
            "name: x\ninner:\n- amount: true",
            "f.yaml:3: inner[0].amount: found true; expected: a plain decimal number such as 12.50",
        ),
        (
            "name: x\ninner:\n- amount: １2",
            "f.yaml:3: inner[0].amount: found '１2'; expected: a plain decimal number such as 12.50",
        ),
        (
            "name: x\ninner:\n- amount: 1.5\n  count: true",
            "f.yaml:4: inner[0].count: found true; expected: a whole number of at least 1",
        ),
        (
            "name: x\ninner:\n- amount: 1.5\n  count: '1'",
            "f.yaml:4: inner[0].count: found '1'; expected: a whole number of at least 1",
        ),
        (
            "name: x\ninner:\n- amount: 1.5\n  count: 0",
            "f.yaml:4: inner[0].count: found 0; expected: a whole number of at least 1",
        ),
    ],
)
def test_a_fault_names_file_line_path_and_what_was_expected(text: str, expected: str) -> None:
    assert faults_of(text) == [expected]


@pytest.mark.parametrize("text", ["", "- 1", "just text", "5", "~"])
def test_a_document_of_the_wrong_shape_is_a_fault_of_the_whole(text: str) -> None:
    (line,) = faults_of(text)

    assert line.startswith("f.yaml:1: document: ")


def test_all_faults_come_at_once() -> None:
    assert len(faults_of("nome: x\ninner:\n- {}\n- amount: x")) == 3


@pytest.mark.parametrize(("written", "amount"), [("1", "1"), ("1.50", "1.50"), ("'1.50'", "1.50"), ("-2", "-2")])
def test_plain_decimals_keep_their_digits(written: str, amount: str) -> None:
    document = parse_document(f"name: x\ninner:\n- amount: {written}", "f.yaml").model(Outer)

    assert str(document.inner[0].amount) == amount
