"""Receipts say of each message what became of it, and of nothing else."""

import json
from datetime import timedelta

from ingest.batch import sort_out
from ingest.decoding import open_message
from ingest.message import Arrived, Message, Reply
from ingest.reading import Rejection
from ingest.receipts import LISTED_MAX, receipt, receipts
from ingest.topics import RECEIPT_FILTER, receipt_topic, telemetry_topic
from tests.builders import T0, known, metric
from vouch.period import to_micros

KNOWN = known(metric())


def said(values: str, reply: Reply | None, second: int = 0) -> Arrived:
    body = f'{{"measured_at":"2026-06-01T00:00:0{second}Z","values":{values}}}'
    return Arrived(Message(telemetry_topic("d-1"), body.encode()), to_micros(T0), reply=reply)


def test_each_asker_hears_of_its_own_message() -> None:
    mine, other = Reply(receipt_topic("d-1"), b"1"), Reply(receipt_topic("gateway"), b"2")
    arrived = [
        said('{"counter":1}', None),
        said('{"counter":1,"speed":5}', mine),
        said('{"counter":2}', other, 1),
        said('{"counter":9}', Reply("valve/open", b"3"), 2),
    ]
    batch = sort_out([open_message(one) for one in arrived], KNOWN, to_micros(T0 + timedelta(days=1)))

    told = {reply.topic: json.loads(payload) for reply, payload in receipts(batch, RECEIPT_FILTER, KNOWN)}

    assert told.keys() == {mine.topic, other.topic}
    assert (told[other.topic]["stored"], told[other.topic]["duplicate"], told[other.topic]["rejected"]) == (1, 0, [])
    assert (told[mine.topic]["stored"], told[mine.topic]["duplicate"]) == (0, 1)
    assert told[mine.topic]["rejected_count"] == 1
    assert told[mine.topic]["rejected"] == [
        {
            "place": "$.values.speed",
            "reason": "unknown_metric",
            "detail": "'speed' is not in the device's metric catalogue",
        }
    ]


def test_nobody_is_told_of_anothers_message_as_if_it_were_its_own() -> None:
    devices = {"d-1", "d-2", "node", "plant"}
    replies = [Reply(receipt_topic(name), b"7") for name in ("d-1", "d-2", "gateway")]
    batch = sort_out([open_message(said('{"counter":1}', reply)) for reply in replies], KNOWN, to_micros(T0))
    told = [reply.topic for reply, _ in receipts(batch, RECEIPT_FILTER, devices)]
    assert told == [receipt_topic("d-1"), receipt_topic("gateway")]

    for source, listener, heard in (
        ("spBv1.0/plant/node", "node", True),
        ("spBv1.0/plant/node/d-1", "d-1", True),
        ("spBv1.0/plant/node", "plant", False),
        ("spBv1.0/d-2/node/d-1", "d-2", False),
    ):
        opened = open_message(said('{"counter":1}', Reply(receipt_topic(listener), b"7")))._replace(source=source)
        batch = sort_out([opened], KNOWN, to_micros(T0))
        assert (list(receipts(batch, RECEIPT_FILTER, devices)) != []) == heard, (source, listener)


def test_a_long_list_of_refusals_is_counted_and_cut() -> None:
    told = json.loads(receipt(0, 0, [Rejection(f"$.readings[{n}]", "malformed", "x") for n in range(LISTED_MAX + 50)]))

    assert told["rejected_count"] == LISTED_MAX + 50
    assert len(told["rejected"]) == LISTED_MAX
