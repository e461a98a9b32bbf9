"""Replay: recorded telemetry, published as its devices would have done.

Shell. Reads the folders of recorded sets, which are not part of the repository, and tells them apart by their files. A
cell without a value is a device that said nothing. docs/simulator.md#replay says what each set does to a contract.
"""

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Final

from device_sim.message import Message, Values
from device_sim.outbox import Delivery, Progress
from device_sim.pace import due_offsets
from device_sim.publisher import publish
from device_sim.recorded import (
    LIFT_METRIC,
    METERS,
    Meter,
    lift_contracts,
    lift_device,
    lift_registry,
    meter_contracts,
    meter_registry,
)
from device_sim.recorded_car import CAR_DEVICE, ODOMETER, car_contracts, car_registry
from device_sim.recorded_turbines import (
    INTERVAL_SECONDS,
    POWER,
    READY,
    RUNNING,
    haute_borne_contracts,
    haute_borne_registry,
    haute_borne_turbine,
    towie_contracts,
    towie_registry,
    towie_turbine,
)
from vouch.broker_address import SYSTEM_TLS, TlsFiles
from vouch.errors import Invalid, NotFound

BATCH_MAX: Final = 10_000
_LIFTS, _POLLS = "elevators.csv", "status_2019-04_2019-07.csv.gz"
_TOWIE = ("tblSCTurFlag_2024_07.csv.gz", "tblSCTurFlag_2024_08.csv.gz")
_HAUTE_BORNE = "scada_2014-10_2015-03.csv.gz"
_CAR = ("monitor_2022-09.csv.gz", "monitor_2023-01_2023-02.csv.gz")

# device, when, what
Said = tuple[str, datetime, Values]


@dataclass(frozen=True, slots=True)
class _Set:
    """A recorded set: its files, how to read them, and how many measurements its devices send at once."""

    files: tuple[str, ...]
    batch: int
    read: Callable[[Path], Iterator[Said]]
    registry: Callable[[Path], str]
    contracts: Callable[[Path], dict[str, str]]


class NoRecording(NotFound):
    """The folder holds no set that can be replayed."""

    def __init__(self, folder: Path) -> None:
        expected = "; or ".join(f"{' and '.join(known.files)} ({name})" for name, known in SETS.items())
        super().__init__(f"no recorded set in {folder}: expected there {expected}")


def replay(
    mqtt_url: str,
    folder: Path,
    rate: float = 0.0,
    limit: int | None = None,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    progress: Progress | None = None,
    speed: float = 0.0,
    batch: int | None = None,
    files: TlsFiles = SYSTEM_TLS,
    receipts: bool = True,
) -> Delivery:
    """Publish the recorded set in `folder`: all of it, or what was measured from `from_at` to `until_at`, both held.

    At most `limit` messages. `batch` measurements go in one message of a device; None is what suits the set. `rate` is
    in messages a second, `speed` in recorded seconds a second, 0 is as fast as the broker takes it. The registry must
    know the devices (`recorded_registry`). Raises NoRecording, Invalid, Unavailable.
    """

    def chosen() -> Iterator[Message]:
        return islice(recorded_messages(folder, from_at, until_at, batch), limit)

    total = sum(1 for _ in chosen())
    return publish(mqtt_url, due_offsets(chosen(), rate, speed), total, progress, files=files, receipts=receipts)


def recorded_registry(folder: Path) -> str:
    """The registry file that declares the set's issuer, customer, assets and devices. Raises NoRecording."""
    return _recognise(folder).registry(folder)


def recorded_contracts(folder: Path) -> dict[str, str]:
    """Contract files for the set, by contract id. Raises NoRecording."""
    return _recognise(folder).contracts(folder)


def recorded_readings(
    folder: Path, from_at: datetime | None = None, until_at: datetime | None = None
) -> Iterator[Said]:
    """(device, instant, values) as recorded, both ends held. Raises NoRecording."""
    known = _recognise(folder)
    return (
        item
        for item in known.read(folder)
        if (from_at is None or item[1] >= from_at) and (until_at is None or item[1] <= until_at)
    )


def recorded_messages(
    folder: Path, from_at: datetime | None = None, until_at: datetime | None = None, batch: int | None = None
) -> Iterator[Message]:
    """What the set's devices sent, in order of time. Raises NoRecording, Invalid."""
    known = _recognise(folder)
    size = known.batch if batch is None else batch
    if not 1 <= size <= BATCH_MAX:
        raise Invalid(f"a message holds 1 to {BATCH_MAX} measurements, not {size}")
    return _batches(recorded_readings(folder, from_at, until_at), size)


def _recognise(folder: Path) -> _Set:
    for known in SETS.values():
        if all((folder / name).is_file() for name in known.files):
            return known
    raise NoRecording(folder)


def _batches(said: Iterable[Said], size: int) -> Iterator[Message]:
    """Each device's measurements, `size` to a message, sent with the last one; what is left over goes at the end."""
    kept: dict[str, list[tuple[datetime, Values]]] = {}
    for device, at, values in said:
        waiting = kept.setdefault(device, [])
        waiting.append((at, values))
        if len(waiting) == size:
            yield Message(device, at, tuple(waiting))
            waiting.clear()
    for device, waiting in kept.items():
        if waiting:
            yield Message(device, waiting[-1][0], tuple(waiting))


def _read_lifts(folder: Path) -> Iterator[Said]:
    """Every poll in the order recorded; a lift that the answer did not list is silent."""
    with gzip.open(folder / _POLLS, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        devices = [lift_device(number) for number in next(rows)[1:]]
        for polled_at, *shown in rows:
            at = datetime.fromisoformat(polled_at).astimezone(UTC)
            for device, state in zip(devices, shown, strict=True):
                if state:
                    yield device, at, {LIFT_METRIC: state}


def _list_lifts(folder: Path) -> list[Mapping[str, str]]:
    with (folder / _LIFTS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_meters(folder: Path) -> Iterator[Said]:
    """Both meters, merged by time."""
    return merge(*(_read_meter(folder, meter) for meter in METERS), key=lambda said: said[1])


def _read_meter(folder: Path, meter: Meter) -> Iterator[Said]:
    for seconds, counter in _rows(folder / meter.file, "unix_ts", "counter"):
        yield meter.device, datetime.fromtimestamp(int(seconds), UTC), {meter.metric: Decimal(counter)}


def _read_towie(folder: Path) -> Iterator[Said]:
    """Every interval at its beginning, so that it belongs to the month that holds it; the rows give its end.

    A row without values is no observation. The interval that both files hold is said twice.
    """
    metrics = (READY, RUNNING)
    columns = ("TimeStamp", "StationId", "wtc_ScReToOp_timeon", "wtc_ScInOper_timeon")
    for name in _TOWIE:
        said: list[Said] = []
        for ended, station, *timers in _rows(folder / name, *columns):
            values = {metric: Decimal(timer) for metric, timer in zip(metrics, timers, strict=True) if timer}
            if values:
                began = datetime.fromisoformat(ended).replace(tzinfo=UTC) - timedelta(seconds=INTERVAL_SECONDS)
                said.append((towie_turbine(station), began, values))
        # A few rows are out of order.
        yield from sorted(said, key=lambda one: one[1])


def _read_haute_borne(folder: Path) -> Iterator[Said]:
    """Every interval at its printed label; whether that is its beginning or its end is not documented."""
    for label, turbine, power in _rows(folder / _HAUTE_BORNE, "Date_time", "Wind_turbine_name", "P_avg"):
        if power:
            at = datetime.fromisoformat(label).astimezone(UTC)
            yield haute_borne_turbine(turbine), at, {POWER: Decimal(power)}


def _read_car(folder: Path) -> Iterator[Said]:
    """Every row in the order recorded, repeated and stale ones included."""
    for name in _CAR:
        for polled_at, odometer in _rows(folder / name, "datetime", "odometer"):
            at = datetime.fromisoformat(polled_at).astimezone(UTC)
            yield CAR_DEVICE, at, {ODOMETER: Decimal(odometer)}


def _rows(file: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """The cells of the named columns, row by row; two columns or more."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        yield from map(itemgetter(*map(header.index, columns)), rows)


SETS: Final[Mapping[str, _Set]] = {
    "db_elevators": _Set(
        files=(_LIFTS, _POLLS),
        batch=1,
        read=_read_lifts,
        registry=lambda folder: lift_registry(_list_lifts(folder)),
        contracts=lambda folder: lift_contracts(_list_lifts(folder)),
    ),
    "ampds2_meters": _Set(
        files=tuple(meter.file for meter in METERS),
        batch=100,
        read=_read_meters,
        registry=lambda _: meter_registry(),
        contracts=lambda _: meter_contracts(),
    ),
    "hill_of_towie": _Set(
        files=_TOWIE,
        batch=144,
        read=_read_towie,
        registry=lambda _: towie_registry(),
        contracts=lambda _: towie_contracts(),
    ),
    "la_haute_borne": _Set(
        files=(_HAUTE_BORNE,),
        batch=144,
        read=_read_haute_borne,
        registry=lambda _: haute_borne_registry(),
        contracts=lambda _: haute_borne_contracts(),
    ),
    "ev_odometer": _Set(
        files=_CAR,
        batch=1,
        read=_read_car,
        registry=lambda _: car_registry(),
        contracts=lambda _: car_contracts(),
    ),
}
