"""The private Mosquitto: configured so that it loses nothing, with accounts for vouch itself and for gateways.

Shell. Two loopback listeners: one for devices, where the client id is the user name whatever the client asks for, and
one for vouch and gateways, which need several client ids. Where there is an authority, two more for devices, over TLS:
with a password, and with a certificate whose common name is the user name. ops/mosquitto/vouch.conf is the same for
production.
"""

import os
import shlex
import shutil
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from vouch.authority import CA_CERTIFICATE, REVOKED, SERVER_CERTIFICATE, SERVER_KEY, is_authority
from vouch.errors import Unavailable
from vouch.running.embedded.folder import Folder, write_private
from vouch.running.embedded.ports import LOOPBACK
from vouch.running.embedded.processes import SystemUser, is_alive, unprivileged
from vouch.running.embedded.service import Service

NAME: Final = "broker"
_DEVICES: Final = "devices"
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin"
_DEVICES_TLS: Final = "devices_tls"
_DEVICES_CERTIFICATE: Final = "devices_certificate"
_STOP: Final = ((signal.SIGTERM, 30.0),)
_LOGIN_SECONDS_MAX: Final = 2.0
_LOOP_SECONDS: Final = 0.02

# Why each line is there: docs/operations.md#what-to-set-on-the-broker.
_CONFIGURATION: Final = """\
# Written by `vouch up` at every start. What you want otherwise, such as a TLS listener, goes into {extra}.
per_listener_settings false
allow_anonymous false
password_file {passwords}
acl_file {acl}

# For vouch itself and for gateways.
listener {port} 127.0.0.1

# For devices.
listener {devices_port} 127.0.0.1
use_username_as_clientid true

# Not 0 for "no limit": 2.0.11 (Debian 12) then cuts off whoever is refused a topic, 2.0.16 drops everything.
max_queued_messages 100000000
max_queued_bytes 268435456
max_inflight_messages 20000
max_inflight_bytes 0
queue_qos0_messages true
upgrade_outgoing_qos true
persistent_client_expiration 3m

persistence true
persistence_location {folder}/store/
autosave_interval 1
autosave_on_changes false

max_packet_size 1048576
allow_zero_length_clientid true
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S
connection_messages true
sys_interval 10

"""

# The certificates and the list of those revoked are read again on SIGHUP, what is a listener is not.
_TLS: Final = """\
# For devices over TLS, with a password.
listener {port} {host}
use_username_as_clientid true
certfile {folder}/{certificate}
keyfile {folder}/{key}

# For devices with a certificate: they are whom it names, and need no password.
listener {certificate_port} {host}
use_username_as_clientid true
use_identity_as_username true
require_certificate true
cafile {folder}/{authority}
crlfile {folder}/{revoked}
certfile {folder}/{certificate}
keyfile {folder}/{key}

"""


class NoBroker(Unavailable):
    """Mosquitto is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "vouch needs the MQTT broker Mosquitto and it is not here: `make setup` installs it on Debian and Ubuntu, "
            "and ops/compose.yaml runs it in a container"
        )


@dataclass(frozen=True, slots=True)
class TlsListeners:
    """Where devices come in over TLS once there is an authority in `authority`; port 0 is any free one."""

    authority: Path
    host: str = LOOPBACK
    port: int = 0
    certificate_port: int = 0


def broker_user() -> SystemUser | None:
    """Whom the broker runs as."""
    return unprivileged("mosquitto")


class Broker:
    """One private Mosquitto inside a data folder. Who may speak to it stands in its two files, which others keep.

    `ours` names the account of vouch itself, with which the broker is asked whether it is ready; `gateway` that of
    the simulator. Their passwords are secrets of the data folder.
    """

    def __init__(self, folder: Folder, ours: str, gateway: str, tls: TlsListeners) -> None:
        self._folder = folder
        self._data = folder.data / "broker"
        self._user = broker_user()
        self._ours = ours
        self._gateway = gateway
        self._port = 0
        self._devices_port = 0
        self._tls = tls
        self._make_folders()

    @property
    def password_file(self) -> Path:
        """Where the broker reads who may log in."""
        return self._data / "passwords"

    @property
    def acl_file(self) -> Path:
        """Where the broker reads who may publish and read what."""
        return self._data / "acl"

    def service(self) -> Service:
        """Configure the broker and say how to run it."""
        program = shutil.which("mosquitto", path=f"{os.defpath}:{_PLACES}")
        if program is None:
            raise NoBroker
        self._port = self._folder.port(NAME)
        self._devices_port = self._folder.port(_DEVICES)
        # Kept from the start, so that an authority made while we run needs only another start of the broker.
        self._tls = replace(
            self._tls,
            port=self._tls.port or self._folder.port(_DEVICES_TLS),
            certificate_port=self._tls.certificate_port or self._folder.port(_DEVICES_CERTIFICATE),
        )
        return Service(
            name=NAME,
            command=(program, "-c", str(self._data / "mosquitto.conf")),
            address=f"{LOOPBACK}:{self._port}, devices at {LOOPBACK}:{self._devices_port}",
            is_ready=self._is_ready,
            environment={"PATH": _PLACES, "LC_ALL": "C.UTF-8", "HOME": str(self._data)},
            user=self._user,
            folder=self._data,
            prepare=self._configure,
            stop=_STOP,
        )

    def addresses(self) -> dict[str, str | Path]:
        """The settings by which vouch's other commands find the broker and its files."""
        return {
            "mqtt_url": self._url(self._ours),
            "simulator_mqtt_url": self._url(self._gateway),
            "device_mqtt_url": f"mqtt://{LOOPBACK}:{self._devices_port}",
            "device_mqtts_url": f"mqtts://{self._tls_host()}:{self._tls.port}",
            "device_certificate_url": f"mqtts://{self._tls_host()}:{self._tls.certificate_port}",
            "mqtt_password_file": self.password_file,
            "mqtt_acl_file": self.acl_file,
            "mqtt_reload_command": shlex.join(
                (sys.executable, "-m", __name__, str(self._folder.home), str(self._tls.authority))
            ),
        }

    def _make_folders(self) -> None:
        for folder in (self._data, self._data / "store"):
            folder.mkdir(mode=0o700, exist_ok=True)
            if self._user:
                os.chown(folder, self._user.uid, self._user.gid)

    def _configure(self) -> None:
        extra = self._folder.home / "mosquitto.conf"
        parts = [
            _CONFIGURATION.format(
                folder=self._data,
                passwords=self.password_file,
                acl=self.acl_file,
                port=self._port,
                devices_port=self._devices_port,
                extra=extra,
            )
        ]
        if is_authority(self._tls.authority):
            parts.append(self._tls_listeners())
        if extra.exists():
            parts.append(f"# From {extra}:\n{extra.read_text()}")
        write_private(self._data / "mosquitto.conf", "".join(parts), self._user)

    def _tls_listeners(self) -> str:
        copy_certificates(self._tls.authority, self._data, self._user)
        return _TLS.format(
            folder=self._data,
            host=self._tls.host,
            port=self._tls.port,
            certificate_port=self._tls.certificate_port,
            authority=CA_CERTIFICATE,
            revoked=REVOKED,
            certificate=SERVER_CERTIFICATE,
            key=SERVER_KEY,
        )

    def _tls_host(self) -> str:
        """What a device on this machine calls the listeners' address."""
        return "localhost" if self._tls.host in ("0.0.0.0", "::", LOOPBACK) else self._tls.host  # noqa: S104

    def _url(self, account: str) -> str:
        return f"mqtt://{account}:{self._folder.secret(account)}@{LOOPBACK}:{self._port}"

    def _is_ready(self) -> bool:
        return can_log_in(LOOPBACK, self._port, self._ours, self._folder.secret(self._ours))


def can_log_in(host: str, port: int, user: str, password: str) -> bool:
    """Whether the broker accepts these credentials now."""
    answers: list[bool] = []

    def on_connect(_: mqtt.Client, __: Any, ___: mqtt.ConnectFlags, reason: ReasonCode, ____: Any) -> None:
        answers.append(not reason.is_failure)

    # A client id of its own: the session of whoever has this account must not notice.
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"vouch-up-{uuid4().hex}", protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    client.on_connect = on_connect
    client.connect_timeout = _LOGIN_SECONDS_MAX
    deadline = time.monotonic() + _LOGIN_SECONDS_MAX
    try:
        client.connect(host, port)
        while not answers and time.monotonic() < deadline:
            if client.loop(_LOOP_SECONDS) != mqtt.MQTT_ERR_SUCCESS:
                break
        client.disconnect()
    except OSError:
        return False
    return answers == [True]


def copy_certificates(authority: Path, data: Path, user: SystemUser | None) -> None:
    """Put where the broker's user can read them: its certificate and key, whom it believes, and what is revoked."""
    for name in (CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY, REVOKED):
        write_private(data / name, (authority / name).read_text(), user)


def reload(home: Path, authority: Path) -> None:
    """Let the data folder's broker, if it runs, read accounts, access list and certificates again."""
    _signal(home, authority, signal.SIGHUP)


def restart(home: Path, authority: Path) -> bool:
    """Let the data folder's broker, if it runs, end and be started again, as only then it opens new listeners."""
    return _signal(home, authority, signal.SIGTERM)


def _signal(home: Path, authority: Path, number: signal.Signals) -> bool:
    folder = Folder.find(home)
    record = folder.read_records().get(NAME) if folder else None
    if folder is None or record is None or record.process is None or not is_alive(record.process):
        return False
    if is_authority(authority):
        copy_certificates(authority, folder.data / "broker", broker_user())
    os.kill(record.process.pid, number)
    return True


if __name__ == "__main__":
    reload(Path(sys.argv[1]), Path(sys.argv[2]))
