"""The access list: what is added to it, and what is left alone."""

from pathlib import Path

import pytest

from ingest.access.access_list import (
    DEVICE_RULES,
    FOR_ANY,
    GATEWAY_ACCOUNT,
    INGEST_ACCOUNT,
    NEW_LIST,
    Speaks,
    completed,
    list_accounts,
    spoken_for,
    with_gateway,
    without_gateway,
)

OLD_LIST = """\
user vouch-ingest
topic readwrite vouch/v1/#
topic read $SYS/#

user vouch-sim
topic write vouch/v1/+/telemetry

pattern write vouch/v1/%u/telemetry
"""


def test_an_empty_list_becomes_the_whole_one() -> None:
    assert completed("\n") == NEW_LIST
    assert completed(NEW_LIST) == NEW_LIST


def test_a_list_of_an_older_vouch_gets_what_it_lacks_under_each_account() -> None:
    new = completed(OLD_LIST)

    assert new.startswith(OLD_LIST)
    added = new.removeprefix(OLD_LIST).split("\n\n")
    assert added[0].split("\n")[1:] == list(DEVICE_RULES[1:])
    assert added[1] == "user vouch-ingest\ntopic readwrite spBv1.0/#"
    assert added[2].startswith("user vouch-sim\ntopic write vouch/v1/+/senml/json\n")
    assert completed(new) == new


def test_accounts_that_the_list_does_not_know_get_no_rules() -> None:
    new = completed("user grafana\ntopic read $SYS/#")

    assert new.splitlines()[:2] == ["user grafana", "topic read $SYS/#"]
    assert "vouch-sim" not in new


def test_the_list_for_production_is_complete() -> None:
    shipped = (Path(__file__).parents[3] / "ops/mosquitto/vouch.acl").read_text()

    assert completed(shipped) == shipped


def test_a_gateway_has_rules_for_the_devices_it_was_given_last_and_no_others() -> None:
    first = with_gateway(NEW_LIST, "hall-1", Speaks(("press-1", "press-2"), ("plant/line-1",)))
    second = with_gateway(first, "hall-1", Speaks(("press-3",)))

    assert first.startswith(NEW_LIST)
    assert spoken_for(first, "hall-1") == Speaks(("press-1", "press-2"), ("plant/line-1",))
    assert spoken_for(second, "hall-1") == Speaks(("press-3",))
    assert spoken_for(with_gateway(second, "hall-1", FOR_ANY), "hall-1") == FOR_ANY
    assert first.count("spBv1.0/plant/NBIRTH/line-1\n") == 1
    assert list_accounts(second) == [INGEST_ACCOUNT, GATEWAY_ACCOUNT, "hall-1"]
    assert completed(second) == second


@pytest.mark.parametrize("speaks", [Speaks(("press-1",)), FOR_ANY], ids=["one", "any"])
def test_a_gateway_that_goes_leaves_no_trace_and_takes_nothing_with_it(speaks: Speaks) -> None:
    others = with_gateway(NEW_LIST, "hall-2", Speaks(("press-1",))) + "\n# by hand\nuser grafana\ntopic read $SYS/#\n"

    assert without_gateway(with_gateway(others, "hall-1", speaks), "hall-1") == others
    assert without_gateway(others, "hall-1") == others
    assert "user grafana\ntopic read $SYS/#\n" in without_gateway(others, "hall-2")
