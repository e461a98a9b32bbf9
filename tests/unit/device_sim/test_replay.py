import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.document import parse_contract
from contracts.evidence.folder import read_evidence
from device_sim.recorded_evidence import write_evidence
from device_sim.replay import recorded_contracts, recorded_messages, recorded_readings, recorded_registry
from ingest.formats.json import decode
from ingest.registry.file import parse_registry
from vouch.errors import Conflict, Invalid, NotFound

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("VOUCH_DATA") or CHECKOUT.parent / "shared" / "data")
needs_data = pytest.mark.skipif(
    not (DATA / "db_elevators").is_dir(), reason=f"the recorded sets are not part of the repository: none in {DATA}"
)


def test_a_folder_without_a_recorded_set_says_which_files_were_expected(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"elevators\.csv and status_.* \(db_elevators\); or gas_furnace_"):
        recorded_registry(tmp_path / "absent")


@needs_data
def test_every_poll_of_the_lifts_is_there_and_an_empty_cell_says_nothing() -> None:
    polls: Counter[datetime] = Counter()
    states: Counter[object] = Counter()
    said: Counter[tuple[str, datetime]] = Counter()
    for message in recorded_messages(DATA / "db_elevators"):
        ((at, values),) = message.measurements
        polls[at] += 1
        states[values["state"]] += 1
        said[message.device, at] += 1

    # 33,482 rows, of which two repeat an instant and none is empty.
    assert len(polls) == 33_480
    assert states == {"ACTIVE": 686_468, "INACTIVE": 64_747, "UNKNOWN": 24_749}
    # The repeated instants are one poll in two rows: no lift is in both, so nothing is a duplicate or a conflict.
    assert max(said.values()) == 1


@needs_data
def test_every_reading_of_the_meters_comes_out_as_it_was_recorded() -> None:
    readings = 0
    last: dict[str, float | str] = {}
    for message in recorded_messages(DATA / "ampds2_meters"):
        decoded = decode(message.payload)
        assert decoded.rejections == ()
        readings += len(decoded.readings)
        last[message.device] = decoded.readings[-1].value

    assert readings == 434_882
    assert last == {"gas-furnace": 650361.888, "water-house": 300612.5}


@needs_data
def test_a_replay_can_be_cut_to_a_span_that_holds_both_its_ends() -> None:
    start, end = datetime(2012, 11, 30, 8, tzinfo=UTC), datetime(2012, 12, 1, 8, tzinfo=UTC)

    messages = list(recorded_messages(DATA / "ampds2_meters", start, end, batch=500))

    instants = sorted(at for m in messages if m.device == "gas-furnace" for at, _ in m.measurements)
    assert instants == [start + timedelta(minutes=n) for n in range(1441)]
    assert max(len(m.measurements) for m in messages) == 500


@needs_data
@pytest.mark.parametrize(
    ("name", "assets", "contracts"),
    [
        ("db_elevators", 24, ["lifts-excluded", "lifts-down"]),
        ("ampds2_meters", 2, ["gas-burnaby"]),
        ("hill_of_towie", 21, ["hill-of-towie"]),
        ("la_haute_borne", 4, ["la-haute-borne"]),
        ("ev_odometer", 1, ["ev-odometer"]),
    ],
)
def test_a_recorded_sets_papers_are_what_the_registry_and_the_contracts_read(
    name: str, assets: int, contracts: list[str]
) -> None:
    _, registry = parse_registry(recorded_registry(DATA / name), "registry.yaml")
    written = [parse_contract(text, key)[1] for key, text in recorded_contracts(DATA / name).items()]

    devices = {served.device for asset in registry.assets for served in asset.served_by}
    assert len(registry.assets) == assets
    assert {message.device for message in recorded_messages(DATA / name)} == devices
    assert [contract.contract for contract in written] == contracts
    covered = {covered.asset for contract in written for covered in contract.assets}
    assert covered <= {asset.id for asset in registry.assets}


@needs_data
@pytest.mark.parametrize(
    ("name", "readings"),
    # Two timers of 186,302 rows less 11 without values; 104,832 rows less 1,340 without power; every row of the car.
    [("hill_of_towie", 2 * (186_302 - 11)), ("la_haute_borne", 104_832 - 1_340), ("ev_odometer", 690)],
)
def test_every_row_that_says_something_is_sent_and_nothing_of_it_refused(name: str, readings: int) -> None:
    count = 0
    for message in recorded_messages(DATA / name):
        decoded = decode(message.payload)
        assert decoded.rejections == ()
        count += len(decoded.readings)

    assert count == readings


@needs_data
def test_an_interval_of_the_turbines_is_measured_at_its_beginning() -> None:
    # Rows give the end: that of 2024-07-01 00:00 is June's, those of 2024-08-01 00:00 in both files are July's.
    at = datetime(2024, 7, 31, 23, 50, tzinfo=UTC)
    said = list(recorded_readings(DATA / "hill_of_towie", at, at))

    assert next(recorded_readings(DATA / "hill_of_towie"))[1] == datetime(2024, 6, 30, 23, 50, tzinfo=UTC)
    assert len(said) == 2 * 21
    assert len({device for device, _, _ in said}) == 21
    assert said[:21] == said[21:]


@needs_data
def test_evidence_is_of_one_contract_and_in_a_folder_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="several contracts: say which one of lifts-excluded, lifts-down"):
        write_evidence(DATA / "db_elevators", tmp_path)
    with pytest.raises(NotFound, match="no contract 'lifts'; it has lifts-excluded, lifts-down"):
        write_evidence(DATA / "db_elevators", tmp_path, "lifts")
    (tmp_path / "note.txt").touch()
    with pytest.raises(Conflict, match="is not empty"):
        write_evidence(DATA / "ev_odometer", tmp_path)


@needs_data
def test_evidence_can_be_cut_to_a_span_that_holds_both_its_ends(tmp_path: Path) -> None:
    start, end = datetime(2012, 11, 30, 8, tzinfo=UTC), datetime(2012, 12, 1, 8, tzinfo=UTC)

    assert write_evidence(DATA / "ampds2_meters", tmp_path, None, start, end) == 2 * 1441

    evidence = read_evidence(tmp_path)
    assert (evidence.readings.stored, evidence.readings.refused) == (2 * 1441, 0)
    assert evidence.document.contract == "gas-burnaby"


@needs_data
def test_a_batch_beyond_what_a_message_holds_is_refused() -> None:
    with pytest.raises(Invalid, match="1 to 10000"):
        recorded_messages(DATA / "ampds2_meters", batch=10_001)
