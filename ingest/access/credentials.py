"""Credentials: who may speak to the broker, kept in Mosquitto's own password file and access list.

Shell. A device's user name is its id, and patterns in the access list let every user write under its own name only; a
gateway is an account with rules of its own, which name the devices it speaks for. Passwords are stored as salted
hashes; nobody can be told one twice. The broker reads both files again on SIGHUP.
"""

import base64
import hashlib
import os
import re
import secrets
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ingest.access.access_list import (
    FOR_ANY,
    GATEWAY_ACCOUNT,
    INGEST_ACCOUNT,
    Speaks,
    completed,
    list_accounts,
    spoken_for,
    with_gateway,
    without_gateway,
)
from ingest.topics import DEVICE_ID
from vouch.errors import Invalid, NotFound, Unavailable
from vouch.files import replace_file, turn_in
from vouch.settings import Settings

GATEWAY_NAMES_MAX: Final = 1_000
_EDGE_NODE: Final = re.compile(r"[^/+#\s\0]{1,200}/[^/+#\s\0]{1,200}")
_OWN_ACCOUNTS: Final = (INGEST_ACCOUNT, GATEWAY_ACCOUNT)
_PASSWORD_BYTES: Final = 24
_SALT_BYTES: Final = 12
# Mosquitto's own number. A generated password is random enough for it, and a fleet that comes back at once
# must not keep the broker busy with hashing.
_ITERATIONS: Final = 101
_RELOAD_SECONDS_MAX: Final = 30


class BadCredential(Invalid):
    """A device name or password that cannot be written into the broker's files."""

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(f"{what} cannot be used: expected {expected}")


class NoSuchCredential(NotFound):
    """The broker's password file has no entry of this name."""

    def __init__(self, device: str) -> None:
        super().__init__(f"{device!r} has no credentials")


class BrokerFilesUnavailable(Unavailable):
    """The broker's files are unknown here, or not ours to change."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the broker's files cannot be changed: {reason}")


class BrokerNotReloaded(Unavailable):
    """The files are written, and the broker has not read them."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"credentials are written but `{command}` failed, so the broker has not read them: {reason}")


def add_device(settings: Settings, device: str, password: str | None = None) -> str:
    """Let `device` publish under its own name; returns its password, which is stored nowhere in clear.

    A device that has credentials gets new ones: the old password is worth nothing from then on.
    """
    given = generate_password() if password is None else password
    add_devices(settings, {device: given})
    return given


def add_devices(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Give many devices their passwords at once: the files are written once, and the broker is told once."""
    for device in passwords:
        check_name(device)
    set_accounts(*_broker_files(settings), passwords)
    reload_broker(settings)


def remove_device(settings: Settings, device: str) -> None:
    """Take `device`'s credentials away; the broker cuts its connection. Raises NotFound where it has none."""
    check_name(device)
    password_file, _ = _broker_files(settings)
    _forget(password_file, device)
    reload_broker(settings)


def add_gateway(settings: Settings, name: str, speaks: Speaks) -> str:
    """Let `name` publish for these devices and edge nodes; returns its new password.

    A gateway that is there gets a new password, and these in place of those it had.
    """
    check_name(name)
    if speaks != FOR_ANY:
        for device in speaks.devices:
            check_name(device)
        for node in speaks.edge_nodes:
            if not _EDGE_NODE.fullmatch(node):
                raise BadCredential(f"edge node {node!r}", "group/node, without spaces and the signs + and #")
        count = len(speaks.devices) + len(speaks.edge_nodes)
        if not 0 < count <= GATEWAY_NAMES_MAX:
            # The broker goes through an account's rules one by one at each publish.
            raise BadCredential(f"a list of {count}", f"1 to {GATEWAY_NAMES_MAX} devices and edge nodes, or all")
    password = generate_password()
    password_file, acl_file = _broker_files(settings)
    # The rules first: an account without any could publish as the device of that name only.
    _change_access_list(acl_file, lambda text: with_gateway(completed(text), name, speaks))
    set_accounts(password_file, acl_file, {name: password})
    reload_broker(settings)
    return password


def remove_gateway(settings: Settings, name: str) -> None:
    """Take a gateway's account and rules away; the broker cuts its connection. Raises NotFound where there is none."""
    check_name(name)
    password_file, acl_file = _broker_files(settings)
    if name not in list_gateways(settings):
        raise NoSuchCredential(name)
    _forget(password_file, name)
    _change_access_list(acl_file, lambda text: without_gateway(text, name))
    reload_broker(settings)


def list_gateways(settings: Settings) -> dict[str, Speaks]:
    """Accounts with rules of their own, vouch's left out, and for whom they may speak."""
    _, acl_file = _broker_files(settings)
    text = acl_file.read_text() if acl_file.exists() else ""
    return {name: spoken_for(text, name) for name in list_accounts(text) if name not in _OWN_ACCOUNTS}


def list_with_password(settings: Settings) -> set[str]:
    """The accounts that have a password: devices, gateways and vouch's own."""
    password_file, _ = _broker_files(settings)
    return set(_read_hashes(password_file))


def set_accounts(password_file: Path, acl_file: Path, passwords: Mapping[str, str]) -> None:
    """Give accounts these passwords and leave all others alone; the files are made where they are missing."""
    hashes = {name: hash_password(password) for name, password in passwords.items()}
    _change_accounts(password_file, lambda known: known | hashes)
    _change_access_list(acl_file, completed)


def check_name(name: str) -> None:
    """Raise BadCredential for what can be neither a device's nor a gateway's name."""
    if not DEVICE_ID.fullmatch(name):
        raise BadCredential(f"device name {name!r}", "a letter or digit, then at most 127 letters, digits and . _ -")
    if name in _OWN_ACCOUNTS:
        raise BadCredential(f"device name {name!r}", "any other name, as this is an account of vouch's own")


def generate_password() -> str:
    """A new random password of letters, digits, - and _, safe inside an address."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """The password as Mosquitto 2 keeps it: PBKDF2 with HMAC-SHA512, `$7$iterations$salt$hash`."""
    if not password or "\0" in password:
        raise BadCredential("the password", "at least one character and no NUL")
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"


def _broker_files(settings: Settings) -> tuple[Path, Path]:
    if settings.mqtt_password_file is None or settings.mqtt_acl_file is None:
        raise BrokerFilesUnavailable(
            "where they are is not known here; start the embedded broker with `vouch up`, "
            "or set VOUCH_MQTT_PASSWORD_FILE and VOUCH_MQTT_ACL_FILE"
        )
    for file in (settings.mqtt_password_file, settings.mqtt_acl_file):
        if not os.access(file.parent, os.R_OK | os.W_OK | os.X_OK):
            raise BrokerFilesUnavailable(f"the folder {file.parent} is missing, or not ours to write in")
    return settings.mqtt_password_file, settings.mqtt_acl_file


def _forget(password_file: Path, name: str) -> None:
    def without(hashes: dict[str, str]) -> dict[str, str]:
        if name not in hashes:
            raise NoSuchCredential(name)
        return {known: kept for known, kept in hashes.items() if known != name}

    _change_accounts(password_file, without)


def _change_accounts(password_file: Path, change: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    """Replace the password file's hashes, by user name, with what `change` makes of them; one caller at a time."""
    with turn_in(password_file.parent):
        changed = change(_read_hashes(password_file))
        text = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(changed.items()))
        replace_file(password_file, text.encode())


def _read_hashes(password_file: Path) -> dict[str, str]:
    lines = password_file.read_text().splitlines() if password_file.exists() else []
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _change_access_list(acl_file: Path, change: Callable[[str], str]) -> None:
    with turn_in(acl_file.parent):
        text = acl_file.read_text() if acl_file.exists() else ""
        changed = change(text)
        if changed != text:
            replace_file(acl_file, changed.encode())


def reload_broker(settings: Settings) -> None:
    """Have the broker read its files again, if it is known here how. Raises BrokerNotReloaded."""
    command = settings.mqtt_reload_command
    if not command:
        return
    try:
        subprocess.run(  # noqa: S603
            shlex.split(command), check=True, capture_output=True, text=True, timeout=_RELOAD_SECONDS_MAX
        )
    except subprocess.CalledProcessError as error:
        raise BrokerNotReloaded(command, (error.stderr or error.stdout).strip() or str(error)) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise BrokerNotReloaded(command, str(error)) from error
