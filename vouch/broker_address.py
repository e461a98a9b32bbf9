"""The broker's address: where it is and as whom to enter.

Shell. It names files and opens none.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from vouch.errors import Invalid, Unavailable

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for TLS: whom we believe (None: the system's authorities), and who we are (None: no certificate)."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


SYSTEM_TLS: Final = TlsFiles()


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is and as whom to enter. Without `tls` its files are not looked at."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    files: TlsFiles = SYSTEM_TLS

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_broker(mqtt_url: str, files: TlsFiles = SYSTEM_TLS) -> BrokerAddress:
    """`mqtt://user:password@host:port`, or `mqtts://` for TLS with `files`; user, password and port may be left out.

    Raises Invalid, without the address, which holds a password; Unavailable where none is given.
    """
    if not mqtt_url:
        raise Unavailable("no broker is known here: start the embedded services with `vouch up`, or set VOUCH_MQTT_URL")
    parts = urlsplit(mqtt_url)
    try:
        port = parts.port
    except ValueError as error:
        raise Invalid("the broker's address has no valid port: expected mqtt://user:password@host:port") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Invalid("the broker's address has the form mqtt://user:password@host:port, or mqtts:// for TLS")
    return BrokerAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "mqtts",
        files=files,
    )
