"""What commands that give out accounts at the broker share.

Shell.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vouch.commands.common import console, open_database
from vouch.settings import Settings

if TYPE_CHECKING:
    pass


def check_known(settings: Settings, devices: Iterable[str]) -> None:
    """Raises NotFound where the registry does not know one of these devices."""
    from ingest.registry.known_store import load_catalogue
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


def show_broker(settings: Settings) -> None:
    """Where devices enter the broker."""
    from vouch.authority import authority_folder, is_authority

    if settings.device_mqtt_url:
        console.print(f"broker     {settings.device_mqtt_url}")
    if settings.device_mqtts_url and is_authority(authority_folder(settings)):
        console.print(f"with TLS   {settings.device_mqtts_url}, authority {authority_folder(settings)}/ca.crt")
