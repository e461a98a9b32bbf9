"""What operators are given: every metric that a dashboard or an alert names is one that a running ingest has."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.intake import ingesting, wait_for
from tests.web_world import open_portal, portal_settings
from tests.world import OCTOBER_STARTS, message, write
from vouch.database import connect, open_pool
from vouch.running import up
from vouch.running.schedule import summarise
from vouch.settings import Settings, load_settings
from web.app import create_app

OPS: Final = Path(__file__).parents[2] / "ops"
DOCS: Final = Path(__file__).parents[2] / "docs"
METRIC: Final = re.compile(r"\b(?:vouch|process)_[a-z_]+\b")
# Prometheus's own, and metrics that appear with the first of their kind.
APPEAR: Final = {"vouch_ingest_readings_rejected_total"}


@pytest.fixture(scope="module")
def exposed(make_home: Callable[[], Path]) -> Iterator[tuple[str, str]]:
    """What a running ingest and the portal answer; with a new broker, which says all its counters."""
    with up.embedded(make_home()) as services, open_portal(services) as portal:
        with connect(portal.database) as conn:
            write(conn, [message("device-77", OCTOBER_STARTS, state="RUNNING")])
        summarise(load_settings(database_url=portal.database))
        with ingesting(portal.database, services.mqtt_url) as ingest, open_pool(portal.database, "vouch-test") as pool:
            assert wait_for(lambda: ("vouch_broker_messages_dropped_total", "") in ingest.metrics())
            app = create_app(portal_settings(portal.database, web_metrics=True), pool)
            yield ingest.text("/metrics")[1], app.test_client().get("/metrics").get_data(as_text=True)


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


def test_every_metric_that_is_drawn_or_alerted_on_exists(exposed: tuple[str, str]) -> None:
    named = {name for query in queries() for name in METRIC.findall(query)}
    exported = {
        sample.name for text in exposed for family in text_string_to_metric_families(text) for sample in family.samples
    }

    assert named - exported - APPEAR == set()


def test_every_metric_is_explained(exposed: tuple[str, str]) -> None:
    page = (DOCS / "operations.md").read_text()
    families = {line.split()[2] for text in exposed for line in text.splitlines() if line.startswith("# TYPE vouch_")}

    assert {name for name in families if f"`{name}`" not in page} == set()


def test_the_portal_tells_what_the_database_knows(exposed: tuple[str, str]) -> None:
    seen = {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(exposed[1])
        for sample in family.samples
    }

    assert seen["vouch_rejections_waiting", "unknown_device"] == 1
    assert seen["vouch_ledger_readings_received_total", ""] == (
        seen["vouch_ledger_readings_stored_total", ""] + seen["vouch_ledger_readings_rejected_total", ""]
    )
    assert seen["vouch_summaries_stale", ""] == 0
    assert seen["vouch_work_failed", "summaries"] == 0
    assert seen["vouch_work_ended_timestamp_seconds", "summaries"] > 1_700_000_000
    assert seen["vouch_listening_age_seconds", ""] < 60


def test_the_portal_says_nothing_of_it_unless_it_is_told_to(services: Settings, database: str) -> None:
    with open_pool(database, "vouch-test") as pool:
        assert create_app(portal_settings(database), pool).test_client().get("/metrics").status_code == 404


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
