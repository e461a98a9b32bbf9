"""The inbox keeps order, and is full by messages or by bytes."""

import threading
import time

from ingest.broker.inbox import Inbox
from ingest.message import Arrived, Message


def block(*names: str, size: int = 10) -> list[Arrived]:
    return [Arrived(Message(name, bytes(size)), 0) for name in names]


def full(*inboxes: Inbox) -> list[bool]:
    return [inbox.is_full for inbox in inboxes]


def topics(taken: list[Arrived]) -> list[str]:
    return [one.message.topic for one in taken]


def test_what_was_put_is_taken_in_its_order_however_it_is_cut() -> None:
    inbox = Inbox(100, 10_000)
    inbox.put(block("a", "b", "c"))
    inbox.put(block("d", "e"))

    assert topics(inbox.take(2, 10_000, 0.0)) == ["a", "b"]
    assert len(inbox) == 3
    assert topics(inbox.take(2, 10_000, 0.0)) == ["c", "d"]
    assert topics(inbox.take(2, 10_000, 0.0)) == ["e"]
    assert len(inbox) == 0


def test_a_take_ends_with_the_block_that_reaches_its_bytes() -> None:
    inbox = Inbox(100, 10_000)
    for name in "abc":
        inbox.put(block(name, size=60))

    assert topics(inbox.take(100, 100, 0.0)) == ["a", "b"]


def test_it_is_full_by_messages_and_by_bytes_until_some_are_taken() -> None:
    by_messages, by_bytes = Inbox(2, 10_000), Inbox(100, 50)
    by_messages.put(block("a"))
    by_bytes.put(block("a", size=49))
    assert full(by_messages, by_bytes) == [False, False]

    by_messages.put(block("b"))
    by_bytes.put(block("b", size=1))
    assert full(by_messages, by_bytes) == [True, True]

    by_messages.take(1, 10_000, 0.0)
    by_bytes.take(1, 10_000, 0.0)
    assert full(by_messages, by_bytes) == [False, False]


def test_what_comes_while_a_batch_fills_goes_with_it() -> None:
    inbox = Inbox(100, 10_000)
    inbox.put(block("a"))
    timer = threading.Timer(0.1, inbox.put, [block("b")])
    timer.start()

    assert topics(inbox.take(2, 10_000, 30.0)) == ["a", "b"]


def test_an_empty_inbox_gives_nothing_after_a_moment() -> None:
    started = time.monotonic()

    assert Inbox(1, 1).take(10, 10, 30.0) == []
    assert time.monotonic() - started < 10
