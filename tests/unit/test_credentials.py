"""Credentials: what is written into the broker's files."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.access import credentials
from ingest.access.access_list import FOR_ANY, Speaks
from vouch.settings import Settings, load_settings

# Made by `mosquitto_passwd` 2.0.11 for the password "ink & paper".
_SALT = base64.b64decode("LYocLdmlMqVH9ye+")
_MOSQUITTOS_OWN = (
    "$7$101$LYocLdmlMqVH9ye+$US+kXi5FLWqeioZV5yGK40YrrLq8l5fwqKmP6V58HgkM+QHKcIbJI5DA2Z865oLZ9eeVwMte895Jenozl2eH5g=="
)


def settings_for(folder: Path, **others: Any) -> Settings:
    return load_settings(
        mqtt_password_file=folder / "passwords", mqtt_acl_file=folder / "acl", **{"mqtt_reload_command": "", **others}
    )


def test_a_password_is_hashed_as_mosquitto_does_it() -> None:
    assert credentials.hash_password("ink & paper", _SALT) == _MOSQUITTOS_OWN


def test_the_password_is_returned_and_only_its_hash_is_written(tmp_path: Path) -> None:
    password = credentials.add_device(settings_for(tmp_path), "press-7")

    written = (tmp_path / "passwords").read_text()
    assert len(password) == 32
    assert password not in written
    assert written.startswith("press-7:$7$101$")
    assert stat.S_IMODE((tmp_path / "passwords").stat().st_mode) == 0o600


def test_adding_a_device_again_replaces_its_password_and_no_other(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    credentials.add_device(settings, "press-7")
    credentials.add_device(settings, "press-8")
    before = (tmp_path / "passwords").read_text().splitlines()

    credentials.add_device(settings, "press-7", "another")

    after = (tmp_path / "passwords").read_text().splitlines()
    assert len(after) == 2
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_removed_device_has_no_line_left(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    credentials.add_device(settings, "press-7")
    credentials.add_device(settings, "press-8")

    credentials.remove_device(settings, "press-7")

    assert [line.split(":")[0] for line in (tmp_path / "passwords").read_text().splitlines()] == ["press-8"]
    with pytest.raises(credentials.NoSuchCredential):
        credentials.remove_device(settings, "press-7")


@pytest.mark.parametrize(
    "name", ["", "a/b", "a+b", "#", "-a", "a:b", "a b", "a\nb", "x" * 129, "vouch-ingest", "vouch-sim"]
)
def test_a_name_that_would_reach_beyond_its_own_topic_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(credentials.BadCredential):
        credentials.add_device(settings_for(tmp_path), name)

    assert not (tmp_path / "passwords").exists()


def test_the_access_list_is_made_once_and_binds_each_user_to_its_own_topic(tmp_path: Path) -> None:
    credentials.add_device(settings_for(tmp_path), "press-7")
    first = (tmp_path / "acl").read_text()
    credentials.add_device(settings_for(tmp_path), "press-8")

    assert (tmp_path / "acl").read_text() == first
    assert "pattern write vouch/v1/%u/telemetry" in first.splitlines()


def test_rules_that_somebody_wrote_into_the_access_list_stay(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("user grafana\ntopic read $SYS/#")

    credentials.add_device(settings_for(tmp_path), "press-7")

    lines = (tmp_path / "acl").read_text().splitlines()
    assert lines[:2] == ["user grafana", "topic read $SYS/#"]
    assert "pattern write vouch/v1/%u/telemetry" in lines


def test_a_file_that_others_may_read_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "passwords").touch(mode=0o640)

    credentials.add_device(settings_for(tmp_path), "press-7")

    assert stat.S_IMODE((tmp_path / "passwords").stat().st_mode) == 0o640


def test_devices_added_at_once_are_all_there(tmp_path: Path) -> None:
    names = [f"press-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: credentials.add_device(settings_for(tmp_path), name), names))

    written = [line.split(":")[0] for line in (tmp_path / "passwords").read_text().splitlines()]
    assert sorted(written) == sorted(names)


def test_many_devices_are_written_at_once_and_the_broker_is_told_once(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, mqtt_reload_command=f"sh -c 'echo told >> {tmp_path}/told'")
    passwords = {f"press-{number}": f"secret {number}" for number in range(2_000)}

    credentials.add_devices(settings, passwords)

    assert credentials.list_with_password(settings) == set(passwords)
    assert (tmp_path / "told").read_text() == "told\n"
    with pytest.raises(credentials.BadCredential):
        credentials.add_devices(settings, {"press-1": "another", "press/2": "another"})
    assert (tmp_path / "told").read_text() == "told\n"


def test_a_gateway_has_an_account_and_rules_until_it_is_removed(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)

    credentials.add_gateway(settings, "hall-1", Speaks(("press-1", "press-2")))
    assert credentials.list_gateways(settings) == {"hall-1": Speaks(("press-1", "press-2"))}
    credentials.add_gateway(settings, "hall-1", FOR_ANY)
    assert credentials.list_gateways(settings) == {"hall-1": FOR_ANY}

    credentials.remove_gateway(settings, "hall-1")
    assert credentials.list_gateways(settings) == {}
    assert credentials.list_with_password(settings) == set()
    with pytest.raises(credentials.NoSuchCredential):
        credentials.remove_gateway(settings, "hall-1")
    too_many = Speaks(tuple(f"press-{number}" for number in range(1_001)))
    odd = [Speaks((), (node,)) for node in ("plant", "a/b/c", "plant/+", "plant/a b", "plant/a\nuser x")]
    for speaks in (Speaks(), too_many, *odd, Speaks(("+",)), Speaks(("press/1",))):
        with pytest.raises(credentials.BadCredential):
            credentials.add_gateway(settings, "hall-1", speaks)


def test_the_broker_is_told_and_a_failure_to_tell_it_is_told_too(tmp_path: Path) -> None:
    told = tmp_path / "told"
    credentials.add_device(settings_for(tmp_path, mqtt_reload_command=f"touch {told}"), "press-7")
    assert told.exists()

    with pytest.raises(credentials.BrokerNotReloaded, match="no such unit"):
        credentials.add_device(
            settings_for(tmp_path, mqtt_reload_command="sh -c 'echo no such unit >&2; exit 5'"), "press-7"
        )


def test_where_the_files_are_unknown_it_says_how_to_name_them() -> None:
    with pytest.raises(credentials.BrokerFilesUnavailable, match="VOUCH_MQTT_PASSWORD_FILE"):
        credentials.add_device(load_settings(mqtt_password_file=None, mqtt_acl_file=None), "press-7")
