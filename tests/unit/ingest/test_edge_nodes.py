"""A Sparkplug host: sessions, aliases, the order of messages, rebirths and deaths, as edge nodes really behave."""

from collections.abc import Iterable

import pytest

from ingest.formats import sparkplug_b_pb2 as pb
from ingest.formats.sparkplug import decode_payload
from ingest.message import Message, Opened
from ingest.notes import BirthNote, BirthsEndNote, Clue, FindingNote, PresenceNote, SequenceNote
from ingest.sparkplug.edge_messages import Candidate, Limits, StoredNode, StoredSession, replayed
from ingest.sparkplug.edge_nodes import EdgeNodes
from ingest.sparkplug_topics import parse_topic
from tests.sparkplug import START, Speaker, arrived, bdseq, body, metric

SECOND = 1_000_000
REORDER = 2 * SECOND
SILENCE = 60 * SECOND


class Host:
    """Edge nodes with a clock: each message comes a millisecond after the one before."""

    def __init__(self, **limits: int) -> None:
        self.nodes = EdgeNodes(Limits(**{"reorder": REORDER, "silence": SILENCE, "held_max": 50} | limits))
        self.now = START

    def hear(self, *messages: Message, **how: bool) -> list[Opened]:
        out = []
        for message in messages:
            self.now += 1000
            out += self.nodes.take(arrived(message, self.now, **how), self.now)
        return out

    def wait(self, micros: int) -> list[Opened]:
        self.now += micros
        return self.nodes.expire(self.now)

    def asked(self) -> list[str]:
        return [command.topic for command in self.nodes.commands(self.now)]


def values(opened: Iterable[Opened]) -> list[tuple[str, str, float | str]]:
    return [(o.source.removeprefix("spBv1.0/"), r.metric, r.value) for o in opened for r in o.decoded.readings]


def reasons(opened: Iterable[Opened]) -> list[str]:
    return [r.reason for o in opened for r in o.decoded.rejections]


def notes(opened: Iterable[Opened], *kinds: type) -> list[object]:
    return [note for o in opened for note in o.notes if isinstance(note, kinds)]


def presence(opened: Iterable[Opened]) -> list[tuple[str, bool, Clue]]:
    found = [note for o in opened for note in o.notes if isinstance(note, PresenceNote)]
    return [(note.source.removeprefix("spBv1.0/"), note.online, note.evidence) for note in found]


def test_a_session_in_order_gives_everything_at_once() -> None:
    host, node = Host(), Speaker()

    out = host.hear(node.nbirth(), node.dbirth(), node.ndata(1001.0), node.ddata(6.0))

    assert values(out) == [
        ("plant/line", "km", 1000.0),
        ("plant/line/press", "km", 5.0),
        ("plant/line", "km", 1001.0),
        ("plant/line/press", "km", 6.0),
    ]
    assert presence(out) == [("plant/line", True, Clue.BIRTH), ("plant/line/press", True, Clue.BIRTH)]
    assert host.asked() == []
    assert (host.nodes.online, host.nodes.held) == (1, 0)


def test_the_sequence_goes_on_from_255_to_0_and_may_begin_anywhere() -> None:
    host, node = Host(), Speaker(seq=254)

    out = host.hear(node.nbirth(), node.ndata(1.0), node.ndata(2.0), node.ndata(3.0))

    assert [value for _, _, value in values(out)] == [1000.0, 1.0, 2.0, 3.0]
    assert notes(out, SequenceNote)[-1] == SequenceNote("plant/line", 1, node.at - SECOND)


def test_messages_that_come_out_of_order_are_given_out_in_order_and_nothing_is_asked() -> None:
    host, node = Host(), Speaker()
    first, second, third = (node.nbirth(), node.ndata(1.0), node.ndata(2.0))

    early = host.hear(first, third)
    late = host.hear(second)

    assert values(early) == [("plant/line", "km", 1000.0)]
    assert [value for _, _, value in values(late)] == [1.0, 2.0]
    assert host.wait(2 * REORDER) == []
    assert host.asked() == []


def test_a_gap_that_is_not_filled_in_time_has_the_node_asked_for_a_rebirth() -> None:
    host, node = Host(), Speaker()
    birth, _, third = node.nbirth(), node.ndata(1.0), node.ndata(2.0)
    host.hear(birth, third)

    before = host.wait(REORDER - 2000)
    assert (before, host.asked()) == ([], [])
    host.wait(2000)
    assert host.asked() == ["spBv1.0/plant/NCMD/line"]

    rebirth = host.hear(node.nbirth())

    # The answer says that the aliases still mean the same: what waited for it is given out.
    assert values(rebirth) == [("plant/line", "km", 1000.0), ("plant/line", "km", 2.0)]
    (finding,) = notes(rebirth, FindingNote)
    assert isinstance(finding, FindingNote)
    assert (finding.kind, finding.detail) == ("sequence_gap", "missing before number 2, after number 0: 1")


def test_after_a_gap_without_an_answer_data_is_read_by_the_known_birth() -> None:
    host, node = Host(), Speaker()
    birth, _, third = node.nbirth(), node.ndata(1.0), node.ndata(2.0)
    host.hear(birth, third)
    host.wait(REORDER)

    out = host.wait(REORDER)

    assert values(out) == [("plant/line", "km", 2.0)]


def test_what_follows_a_gap_is_not_read_by_the_aliases_of_a_session_that_was_over() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth())
    node.session = 1
    lost = node.nbirth()  # with the death before it
    node.seq = 9
    host.hear(node.ndata(7.0))
    host.wait(REORDER)

    out = host.hear(node.nbirth())

    assert lost.payload
    assert reasons(out) == ["unknown_alias"]
    assert values(out) == [("plant/line", "km", 1000.0)]


def test_data_before_any_birth_waits_and_is_read_by_the_birth_that_answers() -> None:
    host, node = Host(), Speaker(seq=40)

    silent = host.hear(node.ndata(7.0), node.ddata(3.0))
    asked = host.asked()
    out = host.hear(node.nbirth(), node.dbirth())

    assert silent == []
    assert asked == ["spBv1.0/plant/NCMD/line"]
    assert values(out) == [
        ("plant/line", "km", 1000.0),
        ("plant/line", "km", 7.0),
        ("plant/line/press", "km", 5.0),
        ("plant/line/press", "km", 3.0),
    ]


def test_the_birth_that_answers_covers_what_was_heard_before_it() -> None:
    host, node = Host(), Speaker(seq=40)
    host.hear(node.ndata(7.0))
    heard = host.now
    refused = host.wait(REORDER)

    (note,) = notes(host.hear(node.nbirth()), BirthNote)

    assert reasons(refused) == ["unknown_alias"]
    assert isinstance(note, BirthNote)
    assert (note.covers_from, note.at) == (heard, host.now)


def test_no_birth_covers_what_was_heard_before_a_death() -> None:
    host, node = Host(), Speaker(seq=40)
    host.hear(node.ndata(7.0))
    out = host.hear(node.ndeath())
    node.session = 1
    host.wait(2 * REORDER)

    (note,) = notes(host.hear(node.nbirth()), BirthNote)

    assert reasons(out) == ["unknown_alias"]
    assert isinstance(note, BirthNote)
    assert note.covers_from == note.at


def test_data_that_overtook_its_birth_is_read_by_it() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.ndata(1.0), node.ndeath())
    host.wait(REORDER)
    node.session, node.seq = 1, 0
    birth, data, more = node.nbirth(), node.ndata(2.0), node.ndata(3.0)

    out = host.hear(more, data, birth)

    assert [value for _, _, value in values(out)] == [1000.0, 2.0, 3.0]


def test_the_data_of_a_session_that_is_over_is_never_read_by_the_next_ones_aliases() -> None:
    host, node = Host(), Speaker()
    birth, late, data, latest = node.nbirth(), node.ndata(1.0), node.ndata(2.0), node.ndata(3.0)
    host.hear(birth, data)
    host.wait(REORDER)
    host.wait(REORDER)
    other = Speaker(at=node.at + SECOND, session=1)
    swapped = other.say("NBIRTH", bdseq(1), metric("pressure", 9.0, alias=1, at=other.at))

    out = host.hear(swapped, late, latest)

    # What is later than all that was heard of the session may be of one that nobody heard.
    assert values(out) == [("plant/line", "pressure", 9.0), ("plant/line", "km", 1.0)]
    assert reasons(out) == ["unknown_alias"]


def test_data_after_a_death_waits_for_a_birth_and_is_else_refused() -> None:
    host, node = Host(), Speaker()
    late = [node.nbirth(), node.ndata(1.0), node.ndeath(), node.ndata(2.0)]

    out = host.hear(*late) + host.wait(REORDER)

    assert reasons(out) == ["unknown_alias"]
    assert host.asked() == ["spBv1.0/plant/NCMD/line"]


def test_an_unknown_alias_waits_for_the_birth_that_explains_it() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())
    unknown = node.say("NDATA", metric(value=4.0, alias=2, stated=False))

    before = host.hear(unknown)
    asked = host.asked()
    out = host.hear(node.nbirth(metric("bar", 3.0, alias=2)))

    assert before == []
    assert asked == ["spBv1.0/plant/NCMD/line"]
    assert values(out)[-1] == ("plant/line", "bar", 4.0)


def test_an_unknown_alias_that_no_birth_explains_refuses_that_metric_alone() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())
    mixed = node.say("NDATA", metric(value=4.0, alias=2, stated=False), metric(value=5.0, alias=1, stated=False))
    host.hear(mixed)

    out = host.wait(REORDER)

    assert values(out) == [("plant/line", "km", 5.0)]
    assert reasons(out) == ["unknown_alias"]


def test_a_rebirth_changes_nothing() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth(), node.ndata(1.0))

    again = host.hear(node.nbirth(), node.dbirth())
    out = host.hear(node.ndata(2.0), node.ddata(7.0))

    assert presence(again) == [("plant/line", True, Clue.BIRTH), ("plant/line/press", True, Clue.BIRTH)]
    assert values(out) == [("plant/line", "km", 2.0), ("plant/line/press", "km", 7.0)]
    assert host.asked() == []


def test_an_nbirth_replaces_the_aliases_of_the_node_and_all_its_devices() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth())
    host.hear(node.nbirth())

    held = host.hear(node.ddata(7.0))
    refused = host.wait(REORDER)

    assert held == []
    assert reasons(refused) == ["unknown_alias"]


def test_the_death_of_a_session_takes_its_devices_with_it_at_our_own_time() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth(), node.dbirth(device="saw"))

    out = host.hear(node.ndeath())

    assert presence(out) == [
        ("plant/line", False, Clue.DEATH),
        ("plant/line/press", False, Clue.DEATH),
        ("plant/line/saw", False, Clue.DEATH),
    ]
    assert {note.at for note in out[0].notes if isinstance(note, PresenceNote)} == {host.now}
    assert notes(out, BirthsEndNote) == [BirthsEndNote("plant/line", "", host.now, START + 2 * SECOND)]
    assert host.nodes.online == 0


def test_the_late_will_of_an_older_session_is_ignored() -> None:
    host, node = Host(), Speaker(session=4)
    host.hear(node.nbirth(), node.dbirth())

    late = host.hear(node.ndeath(bdseq(3)))
    out = host.hear(node.ndata(1.0)) + host.wait(2 * SILENCE)

    assert late == []
    assert presence(out) == []
    assert values(out) == [("plant/line", "km", 1.0)]
    assert len(out) == 2
    assert host.nodes.online == 1


@pytest.mark.parametrize("death", [(bdseq(1),), (metric("other", 1),)])
def test_a_death_of_no_known_session_counts_once_silence_has_proved_it(death: tuple[pb.Payload.Metric, ...]) -> None:
    host, node = Host(), Speaker(session=0)
    host.hear(node.nbirth(), node.dbirth())
    host.hear(node.ndeath(*death))
    died = host.now

    before = host.wait(SILENCE - 1)
    out = host.wait(1)

    assert before == []
    assert presence(out) == [("plant/line", False, Clue.SUSPICION), ("plant/line/press", False, Clue.SUSPICION)]
    assert {note.at for note in out[0].notes if isinstance(note, PresenceNote)} == {died}
    assert (host.nodes.online, host.nodes.held) == (0, 0)


def test_a_death_of_another_session_was_real_where_a_new_one_follows() -> None:
    host, node = Host(), Speaker(session=0)
    host.hear(node.nbirth())
    host.hear(node.ndeath(bdseq(7)))
    died, node.session, node.seq = host.now, 8, 0

    out = host.hear(node.nbirth())

    first = out[0].notes[0]
    assert isinstance(first, PresenceNote)
    assert (first.online, first.at) == (False, died)
    assert presence(out) == [("plant/line", False, Clue.DEATH), ("plant/line", True, Clue.BIRTH)]


def test_a_new_session_without_a_death_takes_the_old_devices_away() -> None:
    host, node = Host(), Speaker(session=0)
    host.hear(node.nbirth(), node.dbirth())
    node.session = 1

    out = host.hear(node.nbirth())

    assert presence(out) == [("plant/line/press", False, Clue.BIRTH), ("plant/line", True, Clue.BIRTH)]


def test_a_device_is_gone_at_the_time_its_death_says_and_its_data_needs_a_birth_again() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth())
    said = node.at

    gone = host.hear(node.ddeath())
    data = host.hear(node.ddata(1.0)) + host.wait(REORDER)

    (note,) = (n for n in gone[0].notes if isinstance(n, PresenceNote))
    assert (note.source, note.online, note.at) == ("spBv1.0/plant/line/press", False, said)
    assert reasons(data) == ["unknown_alias"]
    assert host.nodes.online == 1


def test_the_death_of_a_device_as_a_will_has_neither_number_nor_time() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth())

    out = host.hear(Message("spBv1.0/plant/DDEATH/line/press", b""))
    after = host.hear(node.ndata(1.0))

    (note,) = (n for n in out[0].notes if isinstance(n, PresenceNote))
    assert (note.online, note.at) == (False, None)
    assert values(after) == [("plant/line", "km", 1.0)]


def test_a_node_that_never_says_its_birth_is_read_as_far_as_its_data_explains_itself() -> None:
    host, node = Host(), Speaker()
    named = node.say("DDATA", metric("temp", 20.5, pb.Float), metric("x", 1.0, stated=False), device="oven")

    out = host.hear(named) + host.wait(REORDER)

    assert values(out) == [("plant/line/oven", "temp", 20.5)]
    assert reasons(out) == ["no_birth"]


def test_devices_of_a_node_without_a_birth_are_known_by_their_own_births() -> None:
    host, node = Host(), Speaker()
    host.hear(node.dbirth())
    born = host.wait(REORDER)

    out = host.hear(node.ddata(6.0), node.ddata(7.0))
    dead = host.hear(node.ndeath())

    assert values(born) == [("plant/line/press", "km", 5.0)]
    assert [value for _, _, value in values(out)] == [6.0, 7.0]
    assert ("plant/line/press", False, Clue.DEATH) in presence(dead)


def test_what_nobody_explains_is_waited_for_once_a_minute() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())
    new = [node.say("NDATA", metric("new", float(n), pb.Double)) for n in range(4)]

    first = host.hear(new[0]) + host.wait(REORDER)
    second = host.hear(new[1])
    host.wait(SILENCE)
    third = host.hear(new[2])

    assert [value for _, _, value in values(first)] == [0.0]
    assert [value for _, _, value in values(second)] == [1.0]
    assert third == []


def test_a_client_that_says_the_same_again_is_alive() -> None:
    host, node = Host(), Speaker()
    data = [node.nbirth(), node.ndata(1.0)]
    host.hear(*data)
    host.hear(node.ndeath(bdseq(7)))

    out = host.hear(data[1]) + host.wait(2 * SILENCE)

    assert presence(out) == []
    assert host.nodes.online == 1


def test_a_birth_from_a_clock_ahead_costs_few_messages_after_a_gap() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.ndeath())
    host.wait(SILENCE)
    node.session, node.seq, node.at = 1, 0, START + 3600 * SECOND
    birth = node.nbirth()
    node.at = START + 60 * SECOND
    host.hear(birth)
    host.wait(2 * REORDER)
    before, _ = node.ndata(1.0), node.ndata(2.0)

    out = host.hear(before, *(node.ndata(float(n)) for n in range(3, 10)))

    assert [value for _, _, value in values(out)] == [1.0, 6.0, 7.0, 8.0, 9.0]
    assert reasons(out) == ["unknown_alias"] * 3
    assert host.asked() == ["spBv1.0/plant/NCMD/line"]


def test_devices_that_connect_by_themselves_and_count_for_themselves_are_read_at_once() -> None:
    host = Host()
    one, other = Speaker(), Speaker(seq=100)
    host.hear(one.dbirth(), other.dbirth(device="saw"))
    host.wait(REORDER)

    out = host.hear(one.ddata(6.0), other.ddata(7.0, device="saw"), one.ddata(8.0), other.ddata(9.0, device="saw"))

    assert [value for _, _, value in values(out)] == [6.0, 7.0, 8.0, 9.0]
    assert notes(out, FindingNote) == []


def test_a_client_that_counts_wrong_is_read_with_few_findings_and_in_the_end_without_waiting_twice() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())
    out = []
    for n in range(50):
        node.seq = 7
        out += host.hear(node.ndata(float(n)))
        out += host.wait(SECOND)
    out += host.wait(REORDER)

    assert [value for _, _, value in values(out)] == [float(n) for n in range(50)]
    assert len(notes(out, FindingNote)) == 1
    assert host.nodes.held == 0


def test_a_rebirth_is_asked_for_seldom_and_ever_more_so() -> None:
    host, node = Host(), Speaker()
    times = []

    for second in range(200):
        host.hear(node.say("NDATA", metric(value=1.0, alias=9, stated=False)))
        host.wait(SECOND)
        if host.asked():
            times.append(second)

    assert times == [0, 10, 30, 70, 150]
    assert host.nodes.look().rebirths_asked == 5


def test_rebirth_requests_can_be_switched_off() -> None:
    host, node = Host(), Speaker()
    host.nodes.rebirth_interval = 0

    host.hear(node.ndata(1.0))

    assert host.asked() == []


def test_undecodable_bytes_are_refused_and_the_node_is_asked_again() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())

    out = host.hear(Message("spBv1.0/plant/NDATA/line", b"\xff\xff"))

    assert reasons(out) == ["undecodable"]
    assert host.asked() == ["spBv1.0/plant/NCMD/line"]


def test_a_copy_that_comes_again_is_read_by_the_birth_it_was_read_by_at_first() -> None:
    host, node = Host(), Speaker()
    data = [node.nbirth(), node.ndata(1.0), node.ndeath()]
    first = host.hear(*data)
    other = Speaker(at=node.at, session=1)
    host.hear(other.say("NBIRTH", bdseq(1), metric("pressure", 9.0, alias=1)))

    again = host.hear(*data, dup=True)

    assert values(again) == values(first) == [("plant/line", "km", 1000.0), ("plant/line", "km", 1.0)]
    assert notes(again, PresenceNote, BirthNote, SequenceNote) == []
    assert values(host.hear(other.ndata(2.0))) == [("plant/line", "pressure", 2.0)]


def test_a_copy_of_a_message_that_is_held_back_takes_its_place() -> None:
    host, node = Host(), Speaker()
    birth, between, ahead = node.nbirth(), node.ndata(1.0), node.ndata(2.0)
    host.hear(birth, ahead)

    copy = host.nodes.take(arrived(ahead, host.now, mid=77, connection=3, dup=True), host.now)
    out = host.hear(between)

    assert copy == []
    assert [(o.arrived.mid, o.arrived.connection) for o in out] == [(0, 0), (77, 3)]
    assert host.nodes.held == 0


def test_what_a_publisher_sends_twice_is_no_gap() -> None:
    host, node = Host(), Speaker()
    data = [node.nbirth(), node.ndata(1.0), node.ndata(2.0)]
    host.hear(*data)

    again = host.hear(data[1])

    assert values(again) == [("plant/line", "km", 1.0)]
    assert host.nodes.held == 0


def test_what_is_held_back_is_bounded_for_each_node_and_for_all() -> None:
    host = Host(held_max=10)
    host.nodes.held_max = 25
    speakers = [Speaker(edge_node=f"plant/line{n}") for n in range(5)]

    out = [o for n in range(100) for speaker in speakers for o in host.hear(speaker.ndata(float(n)))]

    assert host.nodes.held <= 25
    assert len(out) + host.nodes.held == 500
    assert len(host.wait(REORDER)) == 500 - len(out)


def test_the_number_of_edge_nodes_is_bounded() -> None:
    host = Host()
    host.nodes.nodes_max = 3
    speakers = [Speaker(edge_node=f"plant/line{n}") for n in range(5)]

    host.hear(*(speaker.nbirth() for speaker in speakers))
    kept, gone = host.hear(speakers[4].ndata(1.0)), host.hear(speakers[0].ndata(1.0))

    assert host.nodes.online <= 3
    assert values(kept) == [("plant/line4", "km", 1.0)]
    assert gone == []
    assert host.asked() == ["spBv1.0/plant/NCMD/line0"]


def test_a_retained_message_speaks_for_itself_and_begins_no_session() -> None:
    host, node = Host(), Speaker()

    out = host.hear(node.nbirth(), retained=True)
    data = host.hear(node.ndata(1.0))

    assert values(out) == [("plant/line", "km", 1000.0)]
    assert presence(out) == []
    assert data == []


def test_states_and_commands_are_no_telemetry_and_other_topics_are_refused() -> None:
    host = Host()

    out = host.hear(
        Message("spBv1.0/STATE/vouch", b'{"online":true,"timestamp":1}'),
        Message("spBv1.0/plant/NCMD/line", body()),
        Message("spBv1.0/plant/DCMD/line/press", body()),
        Message("spBv1.0/plant/NSTRANGE/line", body()),
    )

    assert [len(o.decoded.rejections) for o in out] == [0, 0, 0, 1]
    assert reasons(out) == ["unknown_topic"]


def test_a_frozen_clock_is_found_once_a_session() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth())

    out = host.hear(*(node.ndata(float(n), at=START) for n in range(5)))

    assert [r.at for o in out for r in o.decoded.readings] == [START + n * SECOND for n in range(1, 6)]
    assert [(f.metric, f.kind) for o in out for f in o.notes if isinstance(f, FindingNote)] == [
        ("km", "frozen_timestamp")
    ]


def test_after_a_broken_link_every_session_is_over_until_its_next_birth() -> None:
    host, node = Host(), Speaker()
    host.hear(node.nbirth(), node.dbirth())

    out = host.nodes.forget_connection(arrived(Message("", b""), host.now, connection=-1))
    data = host.hear(node.ndata(1.0))
    asked = host.asked()
    back = host.hear(node.nbirth())

    assert presence(out) == [("plant/line", False, Clue.LINK_LOST), ("plant/line/press", False, Clue.LINK_LOST)]
    assert [o.arrived.connection for o in out] == [-1]
    assert data == []
    assert asked == ["spBv1.0/plant/NCMD/line"]
    assert [value for _, _, value in values(back)] == [1000.0, 1.0]


def test_a_stored_session_goes_on_where_it_was() -> None:
    speaker = Speaker()
    birth, device = speaker.nbirth(), speaker.dbirth()
    host = Host()
    births = {"": decode_payload(birth.payload), "press": decode_payload(device.payload)}
    stored = StoredNode("plant/line", births, (), START, 0, START, 1, speaker.at - SECOND)
    host.nodes.restore([stored], START)

    out = host.hear(speaker.ndata(2.0), speaker.ddata(3.0))

    assert values(out) == [("plant/line", "km", 2.0), ("plant/line/press", "km", 3.0)]
    assert host.asked() == []


def test_what_was_stored_but_not_acknowledged_is_read_by_its_own_session_after_a_restart() -> None:
    old = Speaker()
    first, data = old.nbirth(), old.ndata(1.0)
    new = Speaker(at=old.at + SECOND, session=1)
    birth = new.say("NBIRTH", bdseq(1), metric("pressure", 9.0, alias=1))
    host = Host()
    births, former = ({"": decode_payload(message.payload)} for message in (birth, first))
    before = StoredSession(0, START, old.at - SECOND, former)
    stored = StoredNode("plant/line", births, [before], START, 1, new.at - SECOND, 0, new.at - SECOND)
    host.nodes.restore([stored], START)

    again = host.hear(data, dup=True)
    out = host.hear(new.ndata(2.0))

    assert values(again) == [("plant/line", "km", 1.0)]
    assert values(out) == [("plant/line", "pressure", 2.0)]


def test_a_refused_message_is_replayed_by_a_birth_that_covers_it_and_by_no_later_session() -> None:
    node = Speaker()
    early, birth, late = node.ndata(7.0), node.nbirth(), node.ndata(8.0)
    known = decode_payload(birth.payload)
    topic = parse_topic(early.topic)
    assert topic is not None

    def replay(message: Message, *candidates: Candidate) -> list[float | str]:
        return [r.value for r in replayed(topic, decode_payload(message.payload), candidates).readings]

    assert replay(late, Candidate(known, known.at, known=True)) == [8.0]
    assert replay(early, Candidate(known, known.at, known=False)) == [7.0]
    assert replay(early, Candidate(known, known.at, known=True)) == []
    assert replay(late) == []
