"""The outbox: keeps each message until vouch has said what became of it.

Shell. A message goes out again when the broker refuses it, when the connection was cut, and when no receipt comes in
time. So one may arrive twice, which changes nothing, and never not at all. All but the network's own thread happens in
the caller's.
"""

import queue
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from device_sim.connection import Acknowledged, Answers, Connection, Receipted
from device_sim.message import Message
from device_sim.receipt import SECRET_BYTES, Receipt, correlation, read_correlation, read_receipt
from ingest.topics import receipt_topic
from vouch.broker_address import BrokerAddress
from vouch.errors import Invalid, Unavailable

Progress = Callable[[int, int], None]
OnReceipt = Callable[[Message, Receipt], None]

PATIENCE_SECONDS: Final = 60.0
# Messages that wait for their receipts; those that the broker has not even acknowledged are bounded by its window.
KEPT_MAX: Final = 4_000
_NO_MATCHING_SUBSCRIBERS: Final = 16
_CONNECT_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 0.1
_PROGRESS_SECONDS: Final = 0.2
_REFUSED_SECONDS: Final = (0.2, 5.0)
_RECEIPT_SECONDS: Final = (15.0, 120.0)
_RECONNECT_SECONDS: Final = (0.2, 5.0)
_NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered, and what had to be sent once more.

    `stored`, `duplicate` (stored before) and `rejected` are readings as the receipts say, `reasons` those of the
    refusals that are listed in them; all empty where no receipts were asked for. `lost_by_broker` are messages that
    the broker acknowledged and then lost: the receipt of a later sending says that they were new.
    """

    messages: int
    readings: int
    sent_again: int
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    lost_by_broker: int = 0

    def __str__(self) -> str:
        parts = [f"{self.messages:,} messages with {self.readings:,} readings delivered"]
        if self.stored or self.duplicate or self.rejected:
            why = ", ".join(f"{reason} {count:,}" for reason, count in self.reasons)
            refused = f"{self.rejected:,} refused" + (f" ({why})" if why else "")
            parts.append(f"{self.stored:,} stored, {self.duplicate:,} stored before, {refused}")
        if self.sent_again:
            parts.append(f"{self.sent_again:,} messages sent again, {self.lost_by_broker:,} that the broker had lost")
        return "; ".join(parts)


class NotDelivered(Unavailable):
    """Nothing was answered for as long as patience lasts."""

    def __init__(self, broker: object, waiting: int, seconds: float, trouble: str) -> None:
        super().__init__(
            f"the MQTT broker at {broker} answered for no message in {seconds:g} s, {waiting} are waiting: {trouble}"
        )


@dataclass(slots=True)
class _Parcel:
    """A message that is kept. `due` is when it goes out again unless it is answered for; at first: at once."""

    message: Message
    number: int
    due: float = 0.0
    attempts: int = 0
    refusals: int = 0
    acknowledged_attempt: int = 0


class Outbox:
    """What is kept, and the connection of the moment. Without `receipts` an acknowledgement is enough.

    Receipts come to the topic of `client_id`; None makes up one. A device has to give its own name.
    """

    def __init__(
        self,
        address: BrokerAddress,
        patience_seconds: float = PATIENCE_SECONDS,
        receipts: bool = True,
        on_receipt: OnReceipt | None = None,
        client_id: str | None = None,
    ) -> None:
        self._address = address
        self._patience = patience_seconds
        self._on_receipt = on_receipt
        self._client_id = client_id or f"{address.username or 'vouch-sim'}-{uuid4().hex[:8]}"
        self._topic = receipt_topic(self._client_id) if receipts else None
        self._secret = secrets.token_bytes(SECRET_BYTES)
        self._answers: Answers = queue.SimpleQueue()
        self._connection = self._make_connection()
        self._reconnect_at, self._reconnects = 0.0, 0
        self._kept: dict[int, _Parcel] = {}
        self._unacknowledged: dict[int, tuple[_Parcel, int]] = {}
        self._refused: set[int] = set()
        self._again: deque[_Parcel] = deque()
        self._look_at = 0.0
        self._trouble = "it does not answer"
        self._delivered_at = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def connect(self) -> None:
        """Connect and wait for the broker's answer. Raises Unavailable."""
        self._connection.open()
        deadline = time.monotonic() + _CONNECT_SECONDS
        while not (self._connection.online or self._connection.turned_away) and time.monotonic() < deadline:
            self._settle(0.1)
        if not self._connection.online:
            trouble = self._connection.trouble or self._trouble
            self.disconnect()
            raise Unavailable(f"the MQTT broker at {self._address} does not let us in: {trouble}")

    def disconnect(self) -> None:
        """Leave; whatever has no answer yet is given up."""
        self._connection.close()

    def deliver(self, paced: Iterator[tuple[float, Message]], total: int, progress: Progress) -> Delivery:
        """Send everything and wait for every answer."""
        begins = told_at = time.monotonic()
        upcoming = next(paced, None)
        while upcoming or self._kept:
            self._keep_connected()
            self._send_again()
            while upcoming and self._may_take_on() and begins + upcoming[0] <= time.monotonic():
                self._take_on(upcoming[1])
                upcoming = next(paced, None)
            next_at = begins + upcoming[0] if upcoming and self._may_take_on() else None
            self._settle(_POLL_SECONDS if next_at is None else min(_POLL_SECONDS, next_at - time.monotonic()))
            self._check_patience()
            if time.monotonic() - told_at >= _PROGRESS_SECONDS:
                told_at = time.monotonic()
                progress(self._counts["messages"], total)
        progress(self._counts["messages"], total)
        return Delivery(reasons=tuple(self._reasons.most_common()), **_named(self._counts))

    # Sending

    def _make_connection(self) -> Connection:
        return Connection(self._address, self._client_id, self._topic, self._answers)

    def _keep_connected(self) -> None:
        """Where the line was cut, try another one; all that is kept goes out again by it, in order."""
        now = time.monotonic()
        if not (self._connection.closed or self._connection.turned_away) or now < self._reconnect_at:
            return
        self._trouble = self._connection.trouble or self._trouble
        self._connection.close()
        self._reconnects += 1
        self._reconnect_at = now + _longer(_RECONNECT_SECONDS, self._reconnects)
        self._unacknowledged.clear()
        self._again.clear()
        for parcel in self._kept.values():
            parcel.due = 0.0
        self._connection = self._make_connection()
        try:
            self._connection.open()
        except Unavailable as error:
            self._trouble = str(error)

    def _may_take_on(self) -> bool:
        """What the broker does not take, or went out before, holds back what is new."""
        return (
            self._connection.online
            and not (self._refused or self._again)
            and len(self._unacknowledged) < self._connection.window
            and len(self._kept) < KEPT_MAX
        )

    def _take_on(self, message: Message) -> None:
        self._counts["taken_on"] += 1
        parcel = _Parcel(message, self._counts["taken_on"])
        self._kept[parcel.number] = parcel
        self._send(parcel)

    def _send_again(self) -> None:
        """What is due, oldest first; nothing is due that has gone out and is not acknowledged."""
        now = time.monotonic()
        if not self._again and now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._again.extend(parcel for parcel in self._kept.values() if parcel.due <= now)
        while self._again and self._connection.online and len(self._unacknowledged) < self._connection.window:
            parcel = self._again.popleft()
            if parcel.number in self._kept:
                self._counts["sent_again"] += 1
                self._send(parcel)

    def _send(self, parcel: _Parcel) -> None:
        parcel.attempts += 1
        parcel.due = _NEVER
        sent = correlation(self._secret, parcel.number, parcel.attempts)
        mid = self._connection.publish(parcel.message.topic, parcel.message.payload, sent)
        self._unacknowledged[mid] = parcel, parcel.attempts
        self._refused.discard(parcel.number)

    # Answers

    def _settle(self, wait_seconds: float) -> None:
        """Take in the answers there are, after waiting for the first one."""
        try:
            answer = self._answers.get(timeout=max(0.0, wait_seconds))
            while True:
                if isinstance(answer, Acknowledged):
                    self._take_acknowledgement(answer)
                elif isinstance(answer, Receipted):
                    self._take_receipt(answer)
                answer = self._answers.get_nowait()
        except queue.Empty:
            return

    def _take_acknowledgement(self, answer: Acknowledged) -> None:
        if answer.connection is not self._connection or answer.mid not in self._unacknowledged:
            return
        parcel, attempt = self._unacknowledged.pop(answer.mid)
        if parcel.number not in self._kept:
            return
        now = time.monotonic()
        if answer.reason.value == _NO_MATCHING_SUBSCRIBERS or answer.reason.is_failure:
            self._trouble = f"it answers {str(answer.reason)!r} to {parcel.message.topic}"
            parcel.due = now + _longer(_REFUSED_SECONDS, parcel.refusals)
            parcel.refusals += 1
            self._refused.add(parcel.number)
        elif self._topic is None:
            self._delivered(parcel)
        else:
            self._trouble = f"it takes messages, and no receipt comes on {self._topic}: does `vouch ingest` run?"
            parcel.acknowledged_attempt = parcel.acknowledged_attempt or attempt
            parcel.due = now + _longer(_RECEIPT_SECONDS, parcel.attempts - 1)

    def _take_receipt(self, answer: Receipted) -> None:
        sent = read_correlation(self._secret, answer.correlation)
        parcel = self._kept.get(sent[0]) if sent else None
        if sent is None or parcel is None:
            return
        try:
            receipt = read_receipt(answer.payload)
        except Invalid as error:
            self._trouble = str(error)
            return
        self._counts.update(stored=receipt.stored, duplicate=receipt.duplicate, rejected=receipt.rejected)
        self._reasons.update(receipt.reasons)
        if receipt.stored and 0 < parcel.acknowledged_attempt < sent[1]:
            self._counts["lost_by_broker"] += 1
        self._delivered(parcel)
        if self._on_receipt is not None:
            self._on_receipt(parcel.message, receipt)

    def _delivered(self, parcel: _Parcel) -> None:
        del self._kept[parcel.number]
        self._refused.discard(parcel.number)
        self._delivered_at = time.monotonic()
        self._reconnects = 0
        self._counts.update(messages=1, readings=parcel.message.readings)

    def _check_patience(self) -> None:
        now = time.monotonic()
        if self._connection.online and not self._kept:
            self._delivered_at = now
        elif now - self._delivered_at > self._patience:
            raise NotDelivered(self._address, len(self._kept), self._patience, self._trouble)


def _longer(bounds: tuple[float, float], times: int) -> float:
    """A wait that doubles each time, between bounds in seconds."""
    shortest, longest = bounds
    return min(longest, shortest * 2.0 ** min(times, 10))


def _named(counts: Mapping[str, int]) -> dict[str, int]:
    names = ("messages", "readings", "sent_again", "stored", "duplicate", "rejected", "lost_by_broker")
    return {name: counts.get(name, 0) for name in names}
