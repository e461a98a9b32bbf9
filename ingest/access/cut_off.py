"""Cutting a device off: ends the connection that it has, and the session that the broker keeps for it.

Shell. A broker that has read new accounts or a new list of revoked certificates asks those who knock, not those who are
in. But a client id is held by one connection only, and devices' client ids are their user names: whoever connects under
that name on vouch's own listener takes the place of the device.
"""

import time
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from vouch.errors import Conflict, Unavailable
from vouch.mqtt import broker_of, prepare_client
from vouch.settings import Settings

# Clients come back after a second or so: one that is let in again does it within this time.
_HOLD_SECONDS: Final = 2.5
_ATTEMPTS_MAX: Final = 4
_CONNECT_SECONDS_MAX: Final = 5.0
_LOOP_SECONDS: Final = 0.05


class StillLetIn(Conflict):
    """The device came back each time: it has another way in."""

    def __init__(self, device: str) -> None:
        super().__init__(
            f"{device!r} was cut off and comes in again: the broker has not read its files yet, or the device has "
            f"another way in, such as a password (`vouch device remove`) or a certificate (`vouch ca revoke`)"
        )


class CannotCutOff(Unavailable):
    """The broker does not let vouch take the device's place."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(f"whether {device!r} is still connected is not known, as the broker cannot be asked: {reason}")


def cut_off(settings: Settings, device: str) -> None:
    """End what `device` has open at the broker and see for some seconds that it does not come back.

    To be called after the broker has read that it shall not be let in. Raises StillLetIn, CannotCutOff.
    """
    for _ in range(_ATTEMPTS_MAX):
        if _hold(settings, device):
            return
    raise StillLetIn(device)


def _hold(settings: Settings, client_id: str) -> bool:
    """Be that client for a while; whether nobody took the place from us."""
    state = {"entered": False, "refused": "", "left": False}

    def on_connect(_: mqtt.Client, __: Any, ___: mqtt.ConnectFlags, reason: ReasonCode, ____: Any) -> None:
        state["entered"] = not reason.is_failure
        state["refused"] = str(reason) if reason.is_failure else ""

    def on_disconnect(*_: Any) -> None:
        state["left"] = True

    address = broker_of(settings)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    prepare_client(client, address)
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    client.connect_timeout = _CONNECT_SECONDS_MAX
    until = time.monotonic() + _CONNECT_SECONDS_MAX
    try:
        client.connect(address.host, address.port, clean_start=True)
        while not state["left"] and not state["refused"] and time.monotonic() < until:
            entered_before = state["entered"]
            client.loop(_LOOP_SECONDS)
            if state["entered"] and not entered_before:
                until = time.monotonic() + _HOLD_SECONDS
        held = not state["left"]
        client.disconnect()
    except OSError as error:
        raise CannotCutOff(client_id, str(error)) from error
    if not state["entered"]:
        raise CannotCutOff(client_id, str(state["refused"] or "it does not answer"))
    return held
