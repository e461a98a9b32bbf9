"""Certificates: a development authority for the broker and for devices.

Shell.
"""

import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from vouch.commands.common import console, open_database, print_table
from vouch.settings import Settings, load_settings

_DAYS_MAX = 3650


@click.group()
def ca() -> None:
    """A development authority: TLS for the broker, certificates for devices."""


@ca.command("init")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A host name or IP address of the broker, too.")
def ca_init(hosts: tuple[str, ...]) -> None:
    """Make the authority and the broker's certificate, for this machine's names and each --host.

    Where there is an authority already, it stays, and the broker gets a new certificate.
    """
    from ingest.access.credentials import reload_broker
    from vouch.authority import Authority, authority_folder, is_authority
    from vouch.running.embedded.broker import restart

    settings = load_settings()
    folder = authority_folder(settings)
    now = datetime.now(UTC)
    known = is_authority(folder)
    authority = Authority.open(folder) if (folder / "ca.crt").exists() else Authority.make(folder, now)
    names = list(dict.fromkeys(("localhost", "127.0.0.1", "::1", socket.gethostname(), *hosts)))
    until = authority.certify_server(names, now)
    console.print(f"authority        {folder}/ca.crt", soft_wrap=True)
    console.print(f"broker           {', '.join(names)}; until {until:%Y-%m-%d}", soft_wrap=True)
    if known:
        reload_broker(settings)
        console.print("The broker has read its new certificate." if settings.mqtt_reload_command else _reload_by_hand())
    elif restart(settings.home, folder):
        console.print("The broker starts again now, with TLS:")
        _show_addresses(settings)
    else:
        console.print(
            "`vouch up` serves TLS from its next start on. With a broker of your own, name these files in its "
            "configuration as ops/mosquitto/vouch.conf does, and start it again: new listeners are opened at a start "
            "only.",
            soft_wrap=True,
        )
    console.print("Next: `vouch ca issue DEVICE`, or `vouch device add DEVICE` for a password.")


@ca.command("issue")
@click.argument("name", metavar="DEVICE")
@click.option("--days", type=click.IntRange(1, _DAYS_MAX), default=730, show_default=True, help="How long it is valid.")
@click.option(
    "--request",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signing request in PEM: the key then stays with the device.",
)
@click.option("--to", "target", type=click.Path(file_okay=False, path_type=Path), help="A folder to put copies in.")
def ca_issue(name: str, days: int, request: Path | None, target: Path | None) -> None:
    """A certificate by which DEVICE enters the broker as itself, without a password."""
    from vouch.authority import Authority, authority_folder

    settings = load_settings()
    authority = Authority.open(authority_folder(settings))
    _check_known(settings, name)
    issued, key = authority.issue(name, datetime.now(UTC), days, request.read_bytes() if request else None)
    files = {"certificate": issued.file, "key": key, "authority": authority.folder / "ca.crt"}
    given = {what: file for what, file in files.items() if file is not None}
    if target is not None:
        given = {what: _copy(file, target, name) for what, file in given.items()}
    for what, file in given.items():
        console.print(f"{what:<16} {file}", soft_wrap=True)
    console.print(f"valid until      {issued.valid_until:%Y-%m-%d}")
    _show_addresses(settings)


@ca.command("revoke")
@click.argument("name", metavar="DEVICE")
def ca_revoke(name: str) -> None:
    """Revoke every certificate of DEVICE; the broker cuts its connection and lets it in no more."""
    from ingest.access.credentials import reload_broker
    from ingest.access.cut_off import cut_off
    from vouch.authority import Authority, authority_folder

    settings = load_settings()
    count = Authority.open(authority_folder(settings)).revoke(name, datetime.now(UTC))
    console.print(f"{name}: {count} certificate{'s' if count > 1 else ''} revoked")
    if not settings.mqtt_reload_command:
        console.print(_reload_by_hand())
        return
    reload_broker(settings)
    cut_off(settings, name)
    console.print("The broker lets it in no more; a connection that was open is cut.")


@ca.command("show")
def ca_show() -> None:
    """The authority, the broker's certificate and all that are valid or revoked."""
    from vouch.authority import Authority, authority_folder

    settings = load_settings()
    authority = Authority.open(authority_folder(settings))
    now = datetime.now(UTC)
    console.print(f"authority        {authority.folder}/ca.crt", soft_wrap=True)
    until, names = authority.server()
    console.print(f"broker           {', '.join(names)}; until {until:%Y-%m-%d}", soft_wrap=True)
    _show_addresses(settings)
    rows = [
        (one.name, f"{one.serial:x}"[:16], f"{one.valid_from:%Y-%m-%d}", f"{one.valid_until:%Y-%m-%d}",
         one.revoked_at and f"{one.revoked_at:%Y-%m-%d %H:%M} UTC")
        for one in authority.issued(now)
    ]  # fmt: skip
    print_table("Certificates", ["name", "number", "from", "until", "revoked"], rows)


def _check_known(settings: Settings, name: str) -> None:
    """A certificate for a name that nobody has declared would let somebody in whose messages are all rejected."""
    from ingest.access.access_list import GATEWAY_ACCOUNT, INGEST_ACCOUNT
    from ingest.access.credentials import list_gateways
    from ingest.registry.known_store import load_catalogue
    from vouch.errors import NotFound

    if name in (INGEST_ACCOUNT, GATEWAY_ACCOUNT) or (settings.mqtt_acl_file and name in list_gateways(settings)):
        return
    with open_database(settings) as conn:
        if name not in load_catalogue(conn, [name]):
            raise NotFound(
                f"{name!r} is neither a device of the registry (`vouch registry apply`) "
                "nor a gateway (`vouch gateway add`)"
            )


def _copy(file: Path, target: Path, name: str) -> Path:
    from vouch.errors import Unavailable
    from vouch.files import replace_file

    copy = target / (file.name if file.name == "ca.crt" else f"{name}{file.suffix}")
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(copy, file.read_bytes(), 0o600)
    except OSError as error:
        raise Unavailable(f"cannot write {copy}: {error}") from error
    return copy


def _show_addresses(settings: Settings) -> None:
    if settings.device_mqtts_url:
        console.print(f"with password    {settings.device_mqtts_url}")
    if settings.device_certificate_url:
        console.print(f"with certificate {settings.device_certificate_url}")


def _reload_by_hand() -> str:
    return "Have the broker read its files again (SIGHUP), or set VOUCH_MQTT_RELOAD_COMMAND."
