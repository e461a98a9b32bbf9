"""Publishing as a gateway does: one MQTT 5 connection for many devices, QoS 1, every message answered for.

Shell. A message counts as delivered when its receipt says what became of it; a broker's PUBACK is no promise that it
keeps it. docs/simulator.md says what is sent again, and when.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from device_sim.fleet import fleet, parse_months
from device_sim.message import Message
from device_sim.outbox import PATIENCE_SECONDS, Delivery, OnReceipt, Outbox, Progress
from device_sim.pace import due_offsets
from vouch.broker_address import SYSTEM_TLS, TlsFiles, parse_broker
from vouch.errors import Invalid


def simulate(
    mqtt_url: str,
    fleet_name: str,
    seed: str,
    size: int | None,
    months: str,
    truth_path: Path | None,
    rate: float = 0.0,
    progress: Progress | None = None,
    speed: float = 0.0,
    files: TlsFiles = SYSTEM_TLS,
    receipts: bool = True,
) -> Delivery:
    """Write a fleet's truth to `truth_path`, then publish all that its devices say in `months`.

    `months` is `2026-10` or `2026-09..2026-10`; `size` None is the fleet's usual one. `rate` is in messages a second
    and `speed` in simulated seconds a second; 0 is as fast as the broker takes it. A month that is not over needs a
    speed: what is past goes at once, the rest in its own time. The registry must know the devices
    (`fleet(...).registry`). Raises NoFleet, Invalid, Unavailable.
    """
    simulated = fleet(fleet_name, seed, size, parse_months(months))
    now = datetime.now(UTC)
    unfinished = simulated.ends_at > now
    if unfinished and not speed:
        raise Invalid(f"{months} is not over: readings from the future would be refused; give a speed to follow it")
    if truth_path is not None:
        truth_path.write_text(simulated.truth_text, encoding="utf-8")
    live_from = now if unfinished else None
    paced = due_offsets(simulated.messages, rate, speed, live_from)
    return publish(mqtt_url, paced, len(simulated.messages), progress, files=files, receipts=receipts)


def publish(
    mqtt_url: str,
    paced: Iterable[tuple[float, Message]],
    total: int,
    progress: Progress | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    files: TlsFiles = SYSTEM_TLS,
    receipts: bool = True,
    on_receipt: OnReceipt | None = None,
    client_id: str | None = None,
) -> Delivery:
    """Deliver messages and return when each is answered for.

    `paced` gives each message with the seconds from now before which it does not go, in rising order.
    `progress(done, total)` is called from this thread a few times a second and at the end, `on_receipt(message,
    receipt)` at each receipt. Without `receipts` none are asked for and the broker's acknowledgement is enough, which
    says how fast a broker is and not that anything is stored. A device gives its name as `client_id`; a gateway needs
    none. Raises Invalid for a bad address, Unavailable where no broker lets us in, and NotDelivered when nothing was
    delivered for `patience_seconds` though something was waiting.
    """
    outbox = Outbox(parse_broker(mqtt_url, files), patience_seconds, receipts, on_receipt, client_id)
    outbox.connect()
    try:
        return outbox.deliver(iter(paced), total, progress or _silent)
    finally:
        outbox.disconnect()


def _silent(done: int, total: int) -> None:
    """Progress for nobody."""
