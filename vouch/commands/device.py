"""Devices: what is known of each, and their credentials, one by one or by the thousand.

Shell.
"""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.reading import decimal_of
from vouch.canonical import plain
from vouch.commands.common import console, open_database, print_table
from vouch.commands.credentials import check_known, show_broker
from vouch.period import DAY, Period, iso
from vouch.settings import load_settings

if TYPE_CHECKING:
    pass
if TYPE_CHECKING:
    from ingest.clocks.skew import ClockEstimate

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


_DEVICES_MAX = 1_000_000


@click.group()
def device() -> None:
    """Devices and their credentials."""


@device.command("add")
@click.argument("device_id", metavar="DEVICE", required=False)
@click.option("--file", type=_FILE, help="Many at once: a line a device, or CSV with a column `device`.")
@click.option(
    "--passwords",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --file: a new file for the passwords, as CSV; only its owner can read it.",
)
@click.option("--renew", is_flag=True, help="With --file: new passwords for devices that have one, too.")
def device_add(device_id: str | None, file: Path | None, passwords: Path | None, renew: bool) -> None:
    """Give DEVICE credentials for the broker, shown this once. Given again, the old password ends."""
    if file is not None and passwords is not None and device_id is None:
        _add_many(file, passwords, renew=renew)
    elif device_id is not None and file is None and passwords is None and not renew:
        _add_one(device_id)
    else:
        raise click.UsageError("give either a DEVICE, or --file with --passwords")


@device.command("remove")
@click.argument("device_id", metavar="DEVICE")
def device_remove(device_id: str) -> None:
    """Take DEVICE's credentials away; the broker lets it in no more. What it measured stays."""
    from ingest.access.credentials import remove_device

    remove_device(load_settings(), device_id)
    console.print(f"{device_id} has no credentials any more")


@device.command("list")
@click.option("--after", default="", metavar="DEVICE", help="Only those behind this id.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 1_000_000))
def device_list(after: str, limit: int) -> None:
    """Devices in order of their ids, and which asset each serves now."""
    from ingest.registry.device_store import list_devices

    with open_database() as conn:
        found = list_devices(conn, None, after, limit)
    rows = [
        (one.id, one.product_type, one.asset, one.customer, one.sparkplug, _spelled(one.installed_at)) for one in found
    ]
    print_table("Devices", ["device", "product type", "serves", "customer", "Sparkplug", "installed"], rows)
    if len(found) == limit:
        console.print(f"There may be more: --after {found[-1].id}", soft_wrap=True)


@device.command("show")
@click.argument("device")
def device_show(device: str) -> None:
    """What is known of DEVICE: whom it serves, whether it is there, its clock, and what each metric showed last.

    Where its clock is surely ahead, the instant by ours stands beside its own. Bills rest on its own.
    """
    from ingest.clocks.store import find_estimate
    from ingest.presence.intervals import intervals
    from ingest.presence.store import load_record
    from ingest.registry.device_store import list_last_readings, load_device

    now = datetime.now(UTC)
    window = Period(now - DAY, now)
    with open_database() as conn:
        row = load_device(conn, device, None)
        last = list_last_readings(conn, device, None)
        clock = find_estimate(conn, device, now)
        presence = intervals(load_record(conn, device, window, now), window)[-1]
    console.print(f"device        {row.id}, a {row.product_type}", soft_wrap=True)
    console.print(f"serves        {f'{row.asset} of {row.customer}' if row.asset else 'nothing now'}", soft_wrap=True)
    console.print(f"installed     {_spelled(row.installed_at) or 'not known'}")
    console.print(f"Sparkplug     {row.sparkplug or 'no address'}", soft_wrap=True)
    console.print(f"presence      {presence.presence.replace('_', ' ')}; {presence.begins.detail}", soft_wrap=True)
    console.print(f"clock         {_clock(clock)}")
    rows = []
    for one in last:
        at = one.measured_at
        corrected = clock.corrected_at(at) if at and clock and clock.ahead_at_least else at
        rows.append(
            (one.metric, _shown(one.value), one.unit, _spelled(at), _spelled(corrected), _spelled(one.received_at))
        )
    print_table("Metrics", ["metric", "last value>", "unit", "by its clock", "by ours", "received"], rows)


def _shown(value: float | str | None) -> str | None:
    return plain(decimal_of(value)) if isinstance(value, float) else value


def _spelled(instant: datetime | None) -> str | None:
    return iso(instant) if instant else None


def _clock(clock: "ClockEstimate | None") -> str:
    if clock is None:
        return "nothing is known: it sent nothing in the last 24 hours"
    ahead, behind = (timedelta(microseconds=one) for one in (clock.ahead_at_least, clock.behind_at_most))
    words = f"ahead of ours by at least {ahead}" if ahead else f"behind ours by at most {behind}"
    return f"{words}, by {clock.readings:,} readings of the last 24 hours"


def _add_one(device: str) -> None:
    """Give one device credentials and show them. Raises NotFound where the registry does not know it."""
    from ingest.access.credentials import add_device

    settings = load_settings()
    check_known(settings, [device])
    password = add_device(settings, device)
    console.print(f"user name  {device}\npassword   {password}", soft_wrap=True)
    show_broker(settings)
    console.print(
        f"It may publish below vouch/v1/{device}/ only, or as Sparkplug edge node {device}. "
        "The password is not stored: note it now.",
        soft_wrap=True,
    )


def _add_many(file: Path, passwords: Path, *, renew: bool) -> None:
    """Give the devices that `file` names credentials and write those into the new file `passwords`.

    Devices that have a password keep it, unless `renew`. Raises NotFound where the registry does not know one.
    """
    from ingest.access.credentials import add_devices, check_name, generate_password, list_with_password

    settings = load_settings()
    named = _read_devices(file)
    for device in named:
        check_name(device)
    check_known(settings, named)
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
        show_broker(settings)


def _read_devices(file: Path) -> list[str]:
    """The devices in the file's order, each once. Raises Invalid, with the line."""
    from vouch.commands.common import read_text
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
