"""Credentials: who may speak to the broker, kept in Mosquitto's own password file and access list.

A device's user name is its id, and one pattern in the access list lets every user write under its own name only.
Passwords are stored as salted hashes; nobody can be told one twice. The broker reads both files again on SIGHUP.
"""

import base64
import fcntl
import hashlib
import os
import secrets
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.access_list import GATEWAY_ACCOUNT, INGEST_ACCOUNT, completed
from ingest.topics import DEVICE_ID
from vouch.errors import Invalid, NotFound, Unavailable
from vouch.settings import Settings

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
        super().__init__(f"device {device!r} has no credentials")


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
    if not DEVICE_ID.fullmatch(device):
        raise BadCredential(f"device name {device!r}", "a letter or digit, then at most 127 letters, digits and . _ -")
    if device in (INGEST_ACCOUNT, GATEWAY_ACCOUNT):
        raise BadCredential(f"device name {device!r}", "any other name, as this is an account of vouch's own")
    given = generate_password() if password is None else password
    set_accounts(*_broker_files(settings), {device: given})
    _reload(settings.mqtt_reload_command)
    return given


def remove_device(settings: Settings, device: str) -> None:
    """Take `device`'s credentials away; the broker cuts its connection. Raises NotFound where it has none."""
    if device in (INGEST_ACCOUNT, GATEWAY_ACCOUNT):
        raise BadCredential(f"device name {device!r}", "a device, as this is an account of vouch's own")
    password_file, _ = _broker_files(settings)

    def without(hashes: dict[str, str]) -> dict[str, str]:
        if device not in hashes:
            raise NoSuchCredential(device)
        return {name: kept for name, kept in hashes.items() if name != device}

    _change_accounts(password_file, without)
    _reload(settings.mqtt_reload_command)


def set_accounts(password_file: Path, acl_file: Path, passwords: Mapping[str, str]) -> None:
    """Give accounts these passwords and leave all others alone; the files are made where they are missing."""
    hashes = {name: hash_password(password) for name, password in passwords.items()}
    _change_accounts(password_file, lambda known: known | hashes)
    _complete_access_list(acl_file)


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


def replace_file(path: Path, text: str) -> None:
    """Write the whole file or leave it alone; the broker alone can read it.

    Owner and mode stay as they were; a new file belongs to its folder's owner and has mode 0600.
    """
    known = path if path.exists() else path.parent
    owner = known.stat()
    if os.geteuid() not in (0, owner.st_uid):
        raise BrokerFilesUnavailable(f"{known} belongs to user number {owner.st_uid}; run this as that user or as root")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            os.fchown(handle, owner.st_uid, owner.st_gid)
            os.fchmod(handle, owner.st_mode & 0o777 if path.exists() else 0o600)
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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


def _change_accounts(password_file: Path, change: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    """Replace the password file's hashes, by user name, with what `change` makes of them; one caller at a time."""
    with _turn(password_file):
        lines = password_file.read_text().splitlines() if password_file.exists() else []
        hashes = dict(line.split(":", 1) for line in lines if ":" in line)
        text = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(change(hashes).items()))
        replace_file(password_file, text)


def _complete_access_list(acl_file: Path) -> None:
    """Add what is missing and leave alone what somebody has written there."""
    with _turn(acl_file):
        text = acl_file.read_text() if acl_file.exists() else ""
        if completed(text) != text:
            replace_file(acl_file, completed(text))


def _reload(command: str) -> None:
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


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Hold the folder's lock: two writers at once would each drop what the other has added."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
