"""The private Mosquitto: configured so that it loses nothing, with accounts for vouch itself and for gateways.

Two loopback listeners: one for devices, where the client id is the user name whatever the client asks for, and one
for vouch and gateways, which need several client ids. ops/mosquitto/vouch.conf is the same for production.
"""

import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from vouch.embedded.folder import LOOPBACK, Folder, write_private
from vouch.embedded.processes import Account, is_alive, unprivileged
from vouch.embedded.service import Service
from vouch.errors import Unavailable

NAME: Final = "broker"
_DEVICES: Final = "devices"
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin"
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
max_inflight_messages 5000
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

# From {extra}:
"""


class NoBroker(Unavailable):
    """Mosquitto is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "vouch needs the MQTT broker Mosquitto and it is not here: `make setup` installs it on Debian and Ubuntu, "
            "and ops/compose.yaml runs it in a container"
        )


def broker_account() -> Account | None:
    """Whom the broker runs as."""
    return unprivileged("mosquitto")


class Broker:
    """One private Mosquitto inside a data folder. Who may speak to it stands in its two files, which others keep.

    `ours` names the account of vouch itself, with which the broker is asked whether it is ready; `gateway` that of
    the simulator. Their passwords are secrets of the data folder.
    """

    def __init__(self, folder: Folder, ours: str, gateway: str) -> None:
        self._folder = folder
        self._data = folder.data / "broker"
        self._account = broker_account()
        self._ours = ours
        self._gateway = gateway
        self._port = 0
        self._devices_port = 0
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
        self._configure()
        return Service(
            name=NAME,
            command=(program, "-c", str(self._data / "mosquitto.conf")),
            address=f"{LOOPBACK}:{self._port}, devices at {LOOPBACK}:{self._devices_port}",
            is_ready=self._is_ready,
            environment={"PATH": _PLACES, "LC_ALL": "C.UTF-8", "HOME": str(self._data)},
            account=self._account,
            folder=self._data,
            stop=_STOP,
        )

    def addresses(self) -> dict[str, str | Path]:
        """The settings by which vouch's other commands find the broker and its files."""
        return {
            "mqtt_url": self._url(self._ours),
            "simulator_mqtt_url": self._url(self._gateway),
            "device_mqtt_url": f"mqtt://{LOOPBACK}:{self._devices_port}",
            "mqtt_password_file": self.password_file,
            "mqtt_acl_file": self.acl_file,
            "mqtt_reload_command": shlex.join((sys.executable, "-m", __name__, str(self._folder.home))),
        }

    def _make_folders(self) -> None:
        for folder in (self._data, self._data / "store"):
            folder.mkdir(mode=0o700, exist_ok=True)
            if self._account:
                os.chown(folder, self._account.uid, self._account.gid)

    def _configure(self) -> None:
        extra = self._folder.home / "mosquitto.conf"
        text = _CONFIGURATION.format(
            folder=self._data,
            passwords=self.password_file,
            acl=self.acl_file,
            port=self._port,
            devices_port=self._devices_port,
            extra=extra,
        ) + (extra.read_text() if extra.exists() else "")
        write_private(self._data / "mosquitto.conf", text, self._account)

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


def reload(home: Path) -> None:
    """Let the data folder's broker, if it runs, read its password file and access list again."""
    folder = Folder.find(home)
    record = folder.read_records().get(NAME) if folder else None
    if record and record.process and is_alive(record.process):
        os.kill(record.process.pid, signal.SIGHUP)


if __name__ == "__main__":
    reload(Path(sys.argv[1]))
