"""What a device makes of a receipt."""

import json

import pytest

from device_sim.receipt import SECRET_BYTES, Receipt, correlation, read_correlation, read_receipt
from ingest.reading import Rejection
from ingest.receipts import receipt
from vouch.errors import Invalid


def test_what_vouch_writes_is_what_a_device_reads() -> None:
    refused = [Rejection("$.values.km", "unknown_metric", "not declared")] * 101

    read = read_receipt(receipt(3, 1, refused))

    assert read == Receipt(stored=3, duplicate=1, rejected=101, reasons=("unknown_metric",) * 100)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"null", b"[]", b"{}", json.dumps({"stored": 1, "duplicate": 0, "rejected": []}).encode()]
    + [
        json.dumps({"stored": count, "duplicate": 0, "rejected_count": 0, "rejected": []}).encode()
        for count in (-1, 1.5, "1", None, True)
    ],
)
def test_what_is_no_receipt_is_refused_by_name(payload: bytes) -> None:
    with pytest.raises(Invalid, match="this is no receipt"):
        read_receipt(payload)


def test_correlation_comes_back_as_it_went() -> None:
    ours, theirs = b"1" * SECRET_BYTES, b"2" * SECRET_BYTES

    assert read_correlation(ours, correlation(ours, 7, 2)) == (7, 2)
    assert read_correlation(ours, correlation(theirs, 7, 2)) is None
    assert read_correlation(ours, b"") is None
