import itertools
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from contracts.document import parse_contract
from device_sim.faults import FaultKind
from device_sim.fleet import FLEETS, Fleet, fleet, parse_months
from device_sim.signals import utc
from device_sim.truth import month_seconds
from ingest.formats.json import decode
from ingest.registry.file import parse_registry
from vouch.errors import Invalid, NotFound

OCTOBER = parse_months("2026-10")


@cache
def simulated(name: str) -> Fleet:
    return fleet(name, "demo", None, OCTOBER)


@pytest.mark.parametrize("name", FLEETS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(name: str) -> None:
    first, again, other = (fleet(name, seed, 3, OCTOBER) for seed in ("a", "a", "b"))

    assert [(m.topic, m.payload, m.sent_at) for m in first.messages] == [
        (m.topic, m.payload, m.sent_at) for m in again.messages
    ]
    assert (first.registry, first.contracts, first.truth_text) == (again.registry, again.contracts, again.truth_text)
    assert [m.payload for m in first.messages] != [m.payload for m in other.messages]


@pytest.mark.parametrize("name", FLEETS)
def test_every_fault_occurs_in_a_month_of_the_usual_fleet(name: str) -> None:
    kinds = {fault["kind"] for asset in simulated(name).truth["assets"] for fault in asset["faults"]}

    assert kinds == {str(kind) for kind in FaultKind}


@pytest.mark.parametrize("name", FLEETS)
def test_some_readings_come_late_twice_and_out_of_order(name: str) -> None:
    messages = simulated(name).messages
    payloads = [(m.topic, m.payload) for m in messages]
    by_device: dict[str, list[object]] = {}
    for m in messages:
        by_device.setdefault(m.device, []).extend(at for at, _ in m.measurements)

    assert any((m.sent_at - m.measurements[0][0]).total_seconds() > 3 * 3600 for m in messages)
    assert len(set(payloads)) < len(payloads)
    assert any(instants != sorted(instants, key=str) for instants in by_device.values())


@pytest.mark.parametrize("name", FLEETS)
def test_the_papers_are_what_the_registry_and_the_contracts_read(name: str) -> None:
    simulation = simulated(name)

    _, registry = parse_registry(simulation.registry, "registry.yaml")
    contracts = [parse_contract(text, f"{key}.yaml")[1] for key, text in simulation.contracts.items()]

    covered = [covered.asset for written in contracts for covered in written.assets]
    assert sorted(covered) == sorted(asset.id for asset in registry.assets)
    assert {written.customer for written in contracts} == {customer.id for customer in registry.customers}
    assert {written.issuer for written in contracts} == {issuer.id for issuer in registry.issuers}


@pytest.mark.parametrize("name", FLEETS)
def test_what_a_message_holds_comes_out_of_it_again(name: str) -> None:
    _, registry = parse_registry(simulated(name).registry, "registry.yaml")
    devices = {served.device for asset in registry.assets for served in asset.served_by}
    metrics = {metric.name: metric for product in registry.product_types for metric in product.metrics}

    for message in simulated(name).messages[::37]:
        decoded = decode(message.payload)
        assert message.device in devices
        assert decoded.rejections == ()
        assert len(decoded.readings) == message.readings
        sent = [(metric, at, value) for at, values in message.measurements for metric, value in values.items()]
        for (metric, at, value), reading in zip(sent, decoded.readings, strict=True):
            assert (reading.metric, reading.measured_at) == (metric, at)
            states = metrics[metric].states
            assert reading.value in states if states else reading.value == float(value)


@pytest.mark.parametrize("name", FLEETS)
def test_a_device_that_is_not_silent_measures_exactly_at_local_midnight(name: str) -> None:
    simulation = simulated(name)
    clean = simulation.truth["assets"][-1]
    zone = {"tyres": "Europe/London"}.get(name, "Europe/Berlin")
    instants = {
        at for m in simulation.messages if m.device == clean["devices"][0]["device"] for at, _ in m.measurements
    }

    assert simulation.truth["time_zone"] == zone
    assert simulation.ends_at in instants


@pytest.mark.parametrize("name", FLEETS)
def test_messages_leave_in_order_and_few_enough_for_a_demonstration(name: str) -> None:
    messages = simulated(name).messages
    sent = simulated(name).truth["sent"]

    assert all(a.sent_at <= b.sent_at for a, b in itertools.pairwise(messages))
    assert sent["messages"] == len(messages) < 30_000
    assert sent["distinct_readings"] < sent["readings"] < 150_000


def test_up_down_and_unknown_add_up_to_the_time_in_service() -> None:
    for asset in simulated("uptime").truth["assets"]:
        for month in asset["months"]:
            state = month["state"]
            assert sum(state["all"].values()) == month["in_service_seconds"]
            assert sum(state["service"].values()) == sum(state["counted"].values()) + state["left_out"]
            assert month["month_seconds"] == 745 * 3600


def test_some_vans_are_silent_in_service_hours_and_some_miss_the_target() -> None:
    states = [asset["months"][0]["state"]["counted"] for asset in simulated("uptime").truth["assets"]]

    assert any(state["unknown"] > 3600 for state in states)
    shares = [state["up"] / (state["up"] + state["down"]) for state in states]
    assert min(shares) < 0.985 < max(shares)


def test_a_year_can_be_simulated_and_its_months_follow_each_other() -> None:
    simulation = fleet("printers", "demo", 2, parse_months("2026-01..2026-12"))

    months = [month["month"] for month in simulation.truth["assets"][0]["months"]]
    assert months == [f"2026-{month:02d}" for month in range(1, 13)]
    assert simulation.ends_at == utc(month_seconds(date(2027, 1, 1), ZoneInfo("Europe/Berlin"))[0])


def test_names_sizes_and_months_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NotFound, match="there are printers, tyres, uptime"):
        fleet("ships", "demo", None, OCTOBER)
    with pytest.raises(Invalid, match="1 to 10000 assets"):
        fleet("tyres", "demo", 0, OCTOBER)
    for text in ("2026", "2026-13", "2026-12..2026-10", "2020-01..2026-10", "october"):
        with pytest.raises(Invalid, match=r"2026-10|months|simulated"):
            parse_months(text)


def test_months_cross_the_year() -> None:
    assert parse_months("2026-12..2027-01") == [date(2026, 12, 1), date(2027, 1, 1)]
