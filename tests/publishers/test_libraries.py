"""Devices written with client libraries that are not ours: what each says it sent is what vouch stored."""

import pytest

from tests.publishers.conftest import Device, said_in


@pytest.mark.parametrize("version", [4, 5])
def test_all_that_aiomqtt_published_over_three_connections_is_stored(device: Device, version: int) -> None:
    account = device.run("with_aiomqtt.py", "aiomqtt", version=version, count=1_500)

    said = said_in(account["readings"])
    assert len(said) == 4_500
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0


@pytest.mark.parametrize("version", [4, 5])
def test_all_that_gmqtt_published_across_a_cut_line_is_stored(device: Device, version: int) -> None:
    account = device.run("with_gmqtt.py", "gmqtt", version=version, count=400)

    said = said_in(account["readings"])
    assert len(said) == 4_000
    assert device.stored(len(said)) == said
    assert device.balance().rejected == 0
