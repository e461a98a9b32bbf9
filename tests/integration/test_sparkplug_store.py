"""What edge nodes said is found again: after a restart, and by a rejection that is replayed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from ingest.formats.sparkplug import Metric
from ingest.message import Arrived, Message
from ingest.sparkplug.edge_nodes import EdgeNodes
from ingest.sparkplug.store import add_notes, load_nodes, reopen
from tests.sparkplug import START, Speaker, arrived, metric
from vouch.period import from_micros

SECOND = 1_000_000
NOW = from_micros(START)


class Heard:
    """Edge nodes whose notes are stored as each message is given out."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.nodes = EdgeNodes()
        self.now = START

    def hear(self, *messages: Message) -> list[Any]:
        self.now += SECOND
        given = [o for message in messages for o in self.nodes.take(arrived(message, self.now), self.now)]
        add_notes(self.conn, [note for opened in given for note in opened.notes])
        return given

    def restart(self) -> None:
        self.nodes = EdgeNodes()
        self.nodes.restore(load_nodes(self.conn, from_micros(self.now)), self.now)


def covers(conn: Connection[Any]) -> list[tuple[str, bool]]:
    query = "SELECT device, ended_at IS NULL FROM ingest.sparkplug_cover ORDER BY born_at, device"
    return [(device, is_open) for device, is_open in conn.execute(query).fetchall()]


def values(opened: list[Any]) -> list[float | str]:
    return [reading.value for one in opened for reading in one.decoded.readings]


def test_a_session_goes_on_after_a_restart_with_its_aliases_and_its_sequence(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker(session=5)
    heard.hear(node.nbirth(), node.dbirth(), node.ndata(1.0))
    heard.restart()

    out = heard.hear(node.ndata(2.0), node.ddata(3.0))
    missing = node.ndata(4.0)
    ahead = heard.hear(node.ndata(5.0))
    death = heard.hear(missing, node.ndeath())

    assert values(out) == [2.0, 3.0]
    assert ahead == []
    assert values(death) == [4.0, 5.0]
    assert heard.nodes.online == 0


def test_a_death_ends_what_was_said_and_a_restart_knows_it(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker()
    heard.hear(node.nbirth(), node.dbirth())
    heard.hear(node.ddeath())
    assert covers(conn) == [("", True), ("press", False)]
    heard.hear(node.ndeath())
    heard.restart()

    assert covers(conn) == [("", False), ("press", False)]
    assert heard.nodes.online == 0


def test_a_rebirth_that_says_the_same_adds_nothing_and_one_that_says_more_begins_anew(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker()
    heard.hear(node.nbirth(), node.dbirth())
    heard.hear(node.nbirth(), node.dbirth())
    assert covers(conn) == [("", True), ("press", True)]

    heard.hear(node.nbirth(metric("bar", 1.0, alias=2)), node.dbirth())

    assert covers(conn) == [("", False), ("press", False), ("", True), ("press", True)]
    assert conn.execute("SELECT count(*) FROM ingest.sparkplug_birth").fetchone() == (3,)


def test_a_session_before_is_known_for_a_while_after_a_restart(conn: Connection[Any]) -> None:
    heard, old = Heard(conn), Speaker()
    data = [old.nbirth(), old.ndata(1.0)]
    heard.hear(*data, old.ndeath())
    new = Speaker(at=old.at + SECOND, session=1)
    heard.hear(new.say("NBIRTH", *swapped()))
    heard.restart()

    again = [o for m in data[1:] for o in heard.nodes.take(arrived(m, heard.now, dup=True), heard.now)]

    assert [(r.metric, r.value) for o in again for r in o.decoded.readings] == [("km", 1.0)]


def swapped() -> list[Metric]:
    return [metric("bdSeq", 1, 4), metric("pressure", 9.0, alias=1)]


def test_a_refused_message_is_read_by_the_birth_of_its_own_session(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker(seq=7)
    before = node.ndata(7.0)
    heard.hear(before)
    received = heard.now
    refused = heard.nodes.expire(heard.now + 2 * SECOND)
    heard.hear(node.nbirth())
    during, at_during = node.ndata(8.0), heard.now + 1
    heard.hear(node.ndeath())
    heard.hear(Speaker(at=node.at, session=1).say("NBIRTH", *swapped()))
    after = heard.now + 1

    assert [r.reason for o in refused for r in o.decoded.rejections] == ["unknown_alias"]
    assert read(conn, before, received) == [("km", 7.0)]
    assert read(conn, during, at_during) == [("km", 8.0)]
    # Received when another session was known, and older than that: not of it.
    assert read(conn, during, after) == []
    assert read(conn, before, received - 1) == []


def read(conn: Connection[Any], message: Message, at: int) -> list[tuple[str, float | str]]:
    return [(r.metric, r.value) for r in reopen(conn, Arrived(message, at)).decoded.readings]


def test_our_clock_may_step_back(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker(seq=3)
    heard.hear(node.ndata(1.0))
    heard.now -= 60 * SECOND

    heard.hear(node.nbirth())
    heard.now -= 60 * SECOND
    heard.hear(node.ndeath())

    assert covers(conn) == [("", False)]


def test_old_sessions_are_not_loaded(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker()
    heard.hear(node.nbirth(), node.ndeath())

    assert len(load_nodes(conn, NOW)) == 1
    assert load_nodes(conn, datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=1)) == []


def test_sessions_that_come_in_one_instant_leave_the_last_one_open(conn: Connection[Any]) -> None:
    heard, node = Heard(conn), Speaker()
    messages = []
    for session in range(4):
        node.session, node.seq = session, 0
        messages += [node.nbirth(*([metric("bar", 1.0)] if session % 2 else [])), node.ndeath()]

    heard.hear(*messages[:-1])
    heard.restart()

    query = "SELECT bdseq FROM ingest.sparkplug_cover WHERE ended_at IS NULL"
    assert conn.execute(query).fetchall() == [(3,)]
    assert heard.nodes.online == 1
    heard.hear(messages[-1])
    assert heard.nodes.online == 0
