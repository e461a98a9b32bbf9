"""docs/terms.md: its examples come to what it says, and every field of every kind of part stands in its section."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel

from contracts.amendments.diff import differences
from contracts.document import ContractDocument, parse_contract
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice
from contracts.terms.acceptance import AcceptanceClock
from contracts.terms.prices.rollover import Rollover
from contracts.terms.service_hours import WeeklyHours
from contracts.terms.unknown import UnknownRule
from contracts.terms.window import Months
from tests.templates.worked import run
from vouch.canonical import plain
from vouch.document import DocumentFaults, parse_document
from vouch.expectation import place_of

PAGE: Final = (Path(__file__).parents[3] / "docs" / "terms.md").read_text()
HEAD: Final = {
    "contract": "example",
    "version": 1,
    "issuer": "seller",
    "customer": "buyer",
    "currency": "EUR",
    "time_zone": "UTC",
    "effective_from": "2026-06-01",
    "vat_percent": 19,
    "assets": [{"asset": "truck-1", "in_service_from": "2026-06-01"}],
}
LISTS: Final = ("measures", "judges", "prices")

Example = dict[str, Any]


@cache
def sections() -> dict[str, str]:
    """Each section by its anchor."""
    found = re.split(r"^#{2,3} (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return {title.lower().replace(" ", "-"): text for title, text in zip(found[::2], found[1::2], strict=True)}


def block(text: str) -> Any:
    (found,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return parse_document(found, "docs/terms.md").content


@cache
def common() -> Any:
    return block(sections()["in-the-examples"])


EXAMPLES: Final = [anchor for anchor, text in sections().items() if "```yaml" in text and anchor != "in-the-examples"]


def agreed(example: Example) -> dict[str, Any]:
    """The contract of an example: its own parts, and those of the common block that it names."""
    named = {*example.get("with", ()), *(one for one in example["prices"] if isinstance(one, str))}
    contract = HEAD | {"assets": example.get("assets", HEAD["assets"]), "views": example.get("views", [])}
    for several in LISTS:
        shared = {part["id"]: part for part in common()[several] if part["id"] in named}
        own = [shared.pop(one) if isinstance(one, str) else one for one in example.get(several, [])]
        contract[several] = [*shared.values(), *own]
    return contract


def write_evidence(example: Example, assets: list[str], folder: Path) -> None:
    assignments = [
        {"asset": asset, "device": f"box-{asset}", "serves_from": "2026-06-01T00:00:00Z"} for asset in assets
    ]
    evidence = {"evidence": 1, "contract": "example", "metrics": common()["metrics"], "assignments": assignments}
    (folder / "evidence.json").write_text(json.dumps(evidence))
    facts = [fact(n, one) for n, one in enumerate(example.get("facts", ()), start=1)]
    (folder / "facts.jsonl").write_text("".join(f"{json.dumps(one, default=plain)}\n" for one in facts))
    with (folder / "readings.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["device", "metric", "measured_at", "value", "received_at"])
        rows.writerows(readings(example))


def fact(number: int, written: Mapping[str, Any]) -> dict[str, Any]:
    standing = {"fact": f"F-{number}", "recorded_at": "2026-06-01T00:00:00Z", "by": "supplier", "says": "propose"}
    subject = {} if written["kind"] == "index_value" else {"asset": "truck-1"}
    return {**standing, **subject, **written}


def readings(example: Example) -> Iterator[tuple[str, ...]]:
    for name, shown in example.get("readings", {}).items():
        asset, metric = name.split()
        for instants, value in shown.items():
            measured, _, received = instants.partition(" ")
            at = [f"2026-{one}:00Z" for one in (measured, received or measured)]
            yield f"box-{asset}", metric, at[0], str(value), at[1]


def stated(anchor: str, folder: Path) -> tuple[Example, dict[str, Any]]:
    """An example, and the statement that the product makes of it."""
    example = block(sections()[anchor])
    contract = agreed(example)
    (folder / "contract.json").write_text(json.dumps(contract, default=lambda number: float(plain(number))))
    write_evidence(example, [one["asset"] for one in contract["assets"]], folder)
    month = str(example.get("month", "2026-06"))
    words = ["evaluate", str(folder / "contract.json"), "--evidence", str(folder), "--period", month, "--json"]
    found: dict[str, Any] = json.loads(run(*words, "--as-of", "2026-08-10T00:00:00Z").stdout)
    return example["result"], found


@pytest.mark.parametrize("anchor", EXAMPLES)
def test_an_example_comes_to_what_the_page_says(anchor: str, tmp_path: Path) -> None:
    expected, found = stated(anchor, tmp_path)

    (part,) = found["parts"]
    measures = {f"{one['measure']} {one['subject']}": one for one in part["measures"]}
    judges = {f"{one['judge']} {one['subject']}": one for one in part["judges"]}
    for name, value in expected.get("values", {}).items():
        assert Fraction(*map(int, measures[name]["value"]["fraction"])) == Fraction(value), name
    for name, verdict in expected.get("verdicts", {}).items():
        assert judges[name]["verdict"] == verdict
    for name, arisen in expected.get("arisen", {}).items():
        assert judges[name]["arisen"] is arisen
    for name, spans in expected.get("spans", {}).items():
        assert [[one["from"], one["until"], one["granted"]] for one in judges[name]["spans"]] == spans
    if "findings" in expected:
        kinds = [one["kind"] for m in part["measures"] for asset in m["assets"] for one in asset["findings"]]
        assert kinds == expected["findings"]
    if "lines" in expected:
        assert [[one["price"], one["subject"], one["amount"]] for one in found["lines"]] == expected["lines"]
    differing = {f"{one['view']} {one['asset']}": one["differing_micros"] for one in part["views"]}
    assert {name: 3_600_000_000 * hours for name, hours in expected.get("differing_hours", {}).items()} == differing


def kinds() -> dict[str, type[BaseModel]]:
    found = {}
    for union in (AnyMeasure, AnyJudge, AnyPrice):
        for model in get_args(get_args(union)[0]):
            (kind,) = model.model_fields["kind"].annotation.__args__
            found[kind] = model
    return found


# What other kinds use has a section of its own.
SHARED: Final[dict[str, type[BaseModel]]] = {
    "windows": Months,
    "service-hours": WeeklyHours,
    "unknown-data": UnknownRule,
    "acceptance": AcceptanceClock,
    "rollover": Rollover,
}
EVERYWHERE: Final = {"id", "kind", "text", "vat_percent"}


def models_within(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and those within it, but for those that have a section of their own."""
    yield model
    for info in model.model_fields.values():
        yield from _within(info.annotation)


def _within(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in SHARED.values():
            yield from models_within(annotation)
        return
    for inner in getattr(annotation, "__args__", ()):
        if not isinstance(inner, str):
            yield from _within(inner)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_a_section_and_an_example(kind: str) -> None:
    anchor = kind.replace("_", "-")

    assert anchor in sections()
    assert anchor in EXAMPLES


@pytest.mark.parametrize("anchor", [*(kind.replace("_", "-") for kind in kinds()), *SHARED])
def test_a_section_has_every_field_with_what_it_may_be(anchor: str) -> None:
    model = SHARED.get(anchor) or kinds()[anchor.replace("-", "_")]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*?) \| .*\|$", sections()[anchor], re.MULTILINE)
    wanted = []
    for one in models_within(model):
        for name, info in one.model_fields.items():
            if (info.alias or name) not in EVERYWHERE or anchor in SHARED:
                wanted.append((info.alias or name, allowed(one, info.alias or name)))

    assert sorted(rows) == sorted(set(wanted))


def allowed(model: type[BaseModel], key: str) -> str:
    """What may stand there, as the page has it."""
    words = place_of((key,), model, {}).shape.words()
    return re.sub(r"'([^']*)'", r"`\1`", words).replace("|", "\\|")


def test_every_case_names_a_test_that_is_there() -> None:
    found = re.findall(r"^\| .* \| .* \| `(tests/.*\.py)` \|$", sections_of_cases(), re.MULTILINE)

    assert len(found) == 19
    assert all((Path(__file__).parents[3] / name).is_file() for name in found)


def sections_of_cases() -> str:
    return sections()["cases-that-every-evaluation-decides"]


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        file, _, anchor = target.partition("#")
        assert not file or (Path(__file__).parents[3] / "docs" / file).is_file(), target
        assert file or anchor in sections(), target


def test_the_code_names_sections_that_are_there() -> None:
    root = Path(__file__).parents[3]
    sources = [*root.glob("contracts/**/*.py"), *root.glob("billing/**/*.py"), *root.glob("vouch/**/*.py")]
    named = {anchor for file in sources for anchor in re.findall(r"docs/terms\.md#([a-z-]+)", file.read_text())}

    assert named - sections().keys() == set()


FULL: Final = (Path(__file__).parents[2] / "full_contract.yaml").read_text()


def written(text: str) -> ContractDocument:
    return parse_contract(text, "contract.yaml")[1]


def test_the_mistakes_on_the_page_are_those_that_are_reported() -> None:
    shown, told = re.findall(
        r"^```text\n(.*?)^```$", sections()["checking-and-comparing-files"], re.MULTILINE | re.DOTALL
    )
    slips = (
        ("at_least", "at_lest"),
        ("measure: uptime\n    comp", "measure: uptme\n    comp"),
        ("out: [SERVICE]\n    degraded: {}", "out: SERVICE\n    degraded: {}"),
    )

    for (right, wrong), line in zip(slips, shown.splitlines(), strict=True):
        with pytest.raises(DocumentFaults) as raised:
            written(FULL.replace(right, wrong, 1))
        assert re.sub(":[0-9]+:", ":", str(raised.value)) == re.sub(":[0-9]+:", ":", line)
    second = FULL.replace("version: 1", "version: 2", 1).replace(
        "effective_from: 2026-01-01", "effective_from: 2026-07-01"
    )
    for right, wrong in (
        ("percent: 98\n  - id: resp", "percent: 99\n  - id: resp"),
        ("0.045", "0.042"),
        ("hours: 48", "hours: 24"),
        ("below: 98", "below: 99"),
    ):
        assert right in second
        second = second.replace(right, wrong, 1)
    changes = differences(written(FULL), written(second))
    assert [line for line in changes if "credit, tiers" not in line] == told.splitlines()
