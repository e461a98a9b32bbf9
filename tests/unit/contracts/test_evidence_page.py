"""The example of docs/evidence.md: its files, and what the page says comes of them."""

import re
from pathlib import Path
from typing import Final

from contracts.contract import CoveredAsset
from contracts.evidence.document import EvidenceDocument
from contracts.evidence.folder import read_evidence
from contracts.evidence.readings import COLUMNS
from contracts.evidence.source import EvidenceSource
from contracts.streams.source import load_streams
from contracts.streams.stream import Need
from tests.builders import LONG_AGO, span
from vouch.period import iso

PAGE: Final = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text()
FILES: Final = dict(re.findall(r"^`([^`]+)`\n\n```[a-z]+\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL))


def test_the_example_holds_what_the_page_says(tmp_path: Path) -> None:
    assert sorted(FILES) == ["evidence.yaml", "readings-late.jsonl", "readings.csv"]
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)

    evidence = read_evidence(tmp_path)

    assert (evidence.readings.stored, evidence.readings.duplicates, evidence.readings.refused) == (5, 1, 2)
    (refused,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert "".join(f"{line}\n" for line in evidence.readings.rejected) == refused
    assert f"as known at `{iso(evidence.known_at)}`" in PAGE
    window, needs = span("2026-10-01 00:00", "2026-10-02 00:00"), [Need("truck-1", "odometer_km")]
    streams = load_streams(EvidenceSource(evidence), [CoveredAsset("truck-1", LONG_AGO, None)], window, needs)
    (stream,) = streams["truck-1", "odometer_km"]
    assert [(run.first_value, run.last_value) for run in stream.runs] == [("1250.5", "1301.25")]


def test_the_page_names_every_field_and_reason() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    source = Path(__file__).parents[3] / "contracts" / "evidence" / "readings.py"
    reasons = set(re.findall(r'(?:_Refused\(|line, )"([a-z_]+)"', source.read_text()))

    assert set(EvidenceDocument.model_fields) <= named
    assert set(COLUMNS) <= named
    assert len(reasons) == 11
    assert reasons <= named
