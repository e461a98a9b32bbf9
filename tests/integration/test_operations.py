"""What operators are given: every metric that a dashboard or an alert names is one that a running ingest has."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from tests.intake import ingesting, wait_for
from vouch.settings import Settings

OPS: Final = Path(__file__).parents[2] / "ops"
DOCS: Final = Path(__file__).parents[2] / "docs"
METRIC: Final = re.compile(r"\b(?:vouch|process)_[a-z_]+\b")
# Prometheus's own, and metrics that appear with the first of their kind.
APPEAR: Final = {"vouch_ingest_readings_rejected_total"}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((OPS / "grafana" / "vouch.json").read_text())
    return found


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((OPS / "alerts.yml").read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def queries() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]] + [
        rule["expr"] for rule in alerts()
    ]


def test_every_metric_that_is_drawn_or_alerted_on_exists(services: Settings, database: str) -> None:
    named = {name for query in queries() for name in METRIC.findall(query)}
    with ingesting(database, services.mqtt_url) as ingest:
        assert wait_for(lambda: ("vouch_broker_messages_dropped_total", "") in ingest.metrics())
        exported = {name for name, _ in ingest.metrics()}

    assert named - exported - APPEAR == set()


def test_every_metric_is_explained(services: Settings, database: str) -> None:
    page = (DOCS / "operations.md").read_text()
    with ingesting(database, services.mqtt_url) as ingest:
        assert wait_for(lambda: ("vouch_broker_messages_dropped_total", "") in ingest.metrics())
        _, text = ingest.text("/metrics")
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE vouch_")}

    assert {name for name in families if f"`{name}`" not in page} == set()


def test_every_alert_is_explained_and_says_what_to_do() -> None:
    page = (DOCS / "operations.md").read_text()

    for rule in alerts():
        assert f"`{rule['alert']}`" in page, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_panels_have_a_place_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        cells = {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_is_told_of_the_alerts() -> None:
    configuration = yaml.safe_load((OPS / "prometheus.yml").read_text())

    assert configuration["rule_files"] == ["alerts.yml"]
    assert configuration["scrape_configs"][0]["job_name"] in alerts()[0]["expr"]
