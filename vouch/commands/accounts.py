"""Accounts at the broker: devices one by one or by the thousand, and gateways."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vouch.commands.common import console, open_database, print_table
from vouch.settings import Settings, load_settings

if TYPE_CHECKING:
    from ingest.access.access_list import Speaks

_DEVICES_MAX = 1_000_000


def add_one(device: str) -> None:
    """Give one device credentials and show them. Raises NotFound where the registry does not know it."""
    from ingest.access.credentials import add_device

    settings = load_settings()
    _check_known(settings, [device])
    password = add_device(settings, device)
    console.print(f"user name  {device}\npassword   {password}", soft_wrap=True)
    _show_broker(settings)
    console.print(
        f"It may publish below vouch/v1/{device}/ only, or as Sparkplug edge node {device}. "
        "The password is not stored: note it now.",
        soft_wrap=True,
    )


def add_many(file: Path, passwords: Path, *, renew: bool) -> None:
    """Give the devices that `file` names credentials and write those into the new file `passwords`.

    Devices that have a password keep it, unless `renew`. Raises NotFound where the registry does not know one.
    """
    from ingest.access.credentials import add_devices, check_name, generate_password, list_with_password

    settings = load_settings()
    named = _read_devices(file)
    for device in named:
        check_name(device)
    _check_known(settings, named)
    known = set() if renew else list_with_password(settings)
    new = {device: generate_password() for device in named if device not in known}
    if new:
        # Before the broker has them: a password that nobody can read is a device that cannot speak.
        _write_passwords(passwords, new)
        try:
            add_devices(settings, new)
        except BaseException:
            passwords.unlink()
            raise
    kept = len(named) - len(new)
    console.print(f"{len(new):,} devices have new credentials" + (f", {kept:,} keep theirs" if kept else ""))
    if new:
        console.print(f"passwords  {passwords}: not stored anywhere else", soft_wrap=True)
        _show_broker(settings)


@click.group()
def gateway() -> None:
    """Accounts that speak for several devices."""


@gateway.command("add")
@click.argument("name")
@click.option("--device", "devices", multiple=True, metavar="DEVICE", help="One it may speak for; may be repeated.")
@click.option(
    "--edge-node",
    "nodes",
    multiple=True,
    metavar="GROUP/NODE",
    help="A Sparkplug edge node it may speak as; repeatable.",
)
@click.option("--all", "every", is_flag=True, help="It may speak for any device, and as any Sparkplug edge node.")
def gateway_add(name: str, devices: tuple[str, ...], nodes: tuple[str, ...], every: bool) -> None:
    """An account NAME that may publish for these devices, shown this once. Given again, it is replaced."""
    from ingest.access.access_list import FOR_ANY, Speaks
    from ingest.access.credentials import add_gateway
    from ingest.registry import load_catalogue
    from vouch.errors import Conflict

    if every == bool(devices or nodes):
        raise click.UsageError("give either --device or --edge-node, once or several times, or --all")
    settings = load_settings()
    _check_known(settings, devices)
    with open_database(settings) as conn:
        if name in load_catalogue(conn, [name]):
            raise Conflict(f"{name!r} is a device: give the gateway a name of its own")
    speaks = FOR_ANY if every else Speaks(devices, nodes)
    password = add_gateway(settings, name, speaks)
    console.print(f"user name  {name}\npassword   {password}", soft_wrap=True)
    _show_broker(settings)
    console.print(f"It may publish for {_for_whom(speaks)}. The password is not stored.")


@gateway.command("remove")
@click.argument("name")
def gateway_remove(name: str) -> None:
    """Take the account NAME away; the broker lets it in no more."""
    from ingest.access.credentials import remove_gateway

    remove_gateway(load_settings(), name)
    console.print(f"{name} has no credentials any more")


@gateway.command("list")
def gateway_list() -> None:
    """Gateways, and for whom they may publish."""
    from ingest.access.credentials import list_gateways

    found = list_gateways(load_settings())
    print_table("Gateways", ["name", "for"], [(name, _for_whom(speaks)) for name, speaks in found.items()])


def _for_whom(speaks: "Speaks") -> str:
    if "+" in speaks.devices:
        return "any device"
    named = [*speaks.devices, *speaks.edge_nodes]
    shown = ", ".join(named[:5])
    return f"{shown} and {len(named) - 5:,} more" if len(named) > 5 else shown or "nobody"


def _read_devices(file: Path) -> list[str]:
    """The devices in the file's order, each once. Raises Invalid, with the line."""
    from vouch.commands.declare import read_text
    from vouch.errors import Invalid

    lines = [line.strip() for line in read_text(file).lstrip("\ufeff").splitlines()]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines)))) if "device" in lines[0].split(",") else None
    names = [row["device"] or "" for row in rows] if rows is not None else [x for x in lines if x and x[0] != "#"]
    if not names or len(names) > _DEVICES_MAX:
        raise Invalid(f"{file}: expected 1 to {_DEVICES_MAX:,} devices, found {len(names):,}")
    return list(dict.fromkeys(names))


def _write_passwords(file: Path, passwords: dict[str, str]) -> None:
    from vouch.errors import Conflict, Unavailable

    text = "device,password\n" + "".join(f"{device},{password}\n" for device, password in passwords.items())
    try:
        with open(file, "x", encoding="utf-8", opener=_private) as new:
            new.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already, and is left as it is") from None
    except OSError as error:
        raise Unavailable(f"cannot write {file}: {error}") from error


def _private(path: str, flags: int) -> int:
    import os

    return os.open(path, flags, 0o600)


def _check_known(settings: Settings, devices: Iterable[str]) -> None:
    from ingest.registry import load_catalogue
    from vouch.errors import NotFound

    wanted = list(devices)
    with open_database(settings) as conn:
        unknown = sorted(set(wanted) - set(load_catalogue(conn, wanted)))
    if unknown:
        more = f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else ""
        names = ", ".join(map(repr, unknown[:5])) + more
        kind = "device" if len(unknown) == 1 else "devices"
        raise NotFound(
            f"{kind} {names} {'is' if len(unknown) == 1 else 'are'} not in the registry: "
            "declare with `vouch registry apply`"
        )


def _show_broker(settings: Settings) -> None:
    from vouch.authority import authority_folder, is_authority

    if settings.device_mqtt_url:
        console.print(f"broker     {settings.device_mqtt_url}")
    if settings.device_mqtts_url and is_authority(authority_folder(settings)):
        console.print(f"with TLS   {settings.device_mqtts_url}, authority {authority_folder(settings)}/ca.crt")
