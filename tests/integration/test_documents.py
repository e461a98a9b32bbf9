"""What the pages say of formats and commands is what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from psycopg import Connection

from ingest.catalogue import OnFall
from ingest.clocks import frozen as frozen_clock
from ingest.formats import json as vouch_json
from ingest.formats.presence import decode as decode_presence
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from ingest.summaries.counters import UNCONFIRMED
from vouch.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"


def test_the_page_on_mqtt_shows_the_schema_that_the_command_prints() -> None:
    section = (DOCS / "mqtt.md").read_text().split("\n## Message\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    printed = CliRunner().invoke(main, ["schema", "telemetry"]).output

    assert json.loads(blocks[-1]) == vouch_json.SCHEMA == json.loads(printed)
    for example in blocks[:-1]:
        decoded = vouch_json.decode(example.encode())
        assert decoded.readings
        assert not decoded.rejections


def test_the_page_on_mqtt_shows_what_presence_is() -> None:
    section = (DOCS / "mqtt.md").read_text().split("\n## Presence\n")[1].split("\n## ")[0]
    examples = re.findall(r"^    (\{.*?\})", section, re.MULTILINE)

    assert len(examples) == 3
    for example in examples:
        decoded, notes = decode_presence(example.encode(), "press-7")
        assert not decoded.rejections
        assert len(notes) == 1


def test_the_page_on_mqtt_names_every_reason_and_no_other() -> None:
    modules = ("batch.py", "decoding.py", "formats/json.py", "formats/presence.py", "writer.py")
    code = "".join((DOCS.parent / "ingest" / name).read_text() for name in modules)
    used = set(re.findall(r'(?:Rejection\([^"]*|_refused\()"([a-z_]+)"', code))
    table = (DOCS / "mqtt.md").read_text().split("| reason | meaning |")[1].split("\n\n")[0]
    named = {
        word
        for row in table.splitlines()
        for word in re.findall(r"`([a-z_]+)`", row.split("|")[1] if "|" in row else "")
    }

    assert used == named


def test_the_page_on_the_registry_names_every_finding_and_no_other() -> None:
    code = "".join(file.read_text() for file in sorted((DOCS.parent / "ingest").rglob("*.py")))
    used = {OnFall.RESET.value, OnFall.ROLLOVER.value, UNCONFIRMED, frozen_clock.KIND}
    used |= set(re.findall(r'(?:self\._find|CounterFinding|FindingNote)\([^"()]*"([a-z_]+)"', code))
    table = (DOCS / "registry.md").read_text().split("| kind | what was seen |")[1].split("\n\n")[0]
    named = {word for row in table.splitlines()[2:] for word in re.findall(r"`([a-z_]+)`", row.split("|")[1])}

    assert used == named


def test_the_page_on_the_registry_shows_a_file_that_can_be_applied(
    conn: Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (DOCS / "registry.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(example.replace("KMT", "KTM"))
    wrong = CliRunner().invoke(main, ["registry", "apply", "--check", "fleet.yaml"])

    assert apply_registry(conn, *parse_registry(example, "fleet.yaml")) == 10
    assert wrong.output in page


def test_every_command_that_a_page_shows_exists() -> None:
    pages = [README, *DOCS.rglob("*.md")]
    texts = [page.read_text() for page in pages]
    blocks = [block for text in texts for block in re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL)]
    shown = {words for text in texts for words in re.findall(r"`vouch ((?:[a-z]+ ?)+)", text)}
    shown |= {words for block in blocks for words in re.findall(r"^vouch ((?:[a-z]+ ?)+)", block, re.MULTILINE)}

    assert len(shown) > 10
    for words in sorted(shown):
        found = CliRunner().invoke(main, [*_command(words.split()), "--help"])
        assert found.exit_code == 0, (words, found.output)


def _command(words: list[str]) -> list[str]:
    """The words up to the subcommand, arguments left away."""
    groups = {"db", "registry", "device", "contract", "fact", "account", "invoice", "rejections"}
    return words[: 2 if words[0] in groups else 1]
