"""One Sparkplug edge node as a host application knows it: its session, its births, the order of its messages.

Pure. `now` is an argument, in microseconds since 1970, and what is held back is given out by `expire`. Data is
read by the birth of its own session or it is refused; a session ends with its death, and the next one may mean other
metrics by the same aliases. Source: Sparkplug 3.0, chapters 5 and 6; what real clients do otherwise: docs/sparkplug.md.
"""

from ingest.formats.sparkplug import Payload, bdseq_of
from ingest.message import Opened
from ingest.notes import BirthsEndNote, Clue, Note, PresenceNote, SequenceNote
from ingest.sparkplug.births import NO_BIRTH, Birth, decode_birth, decode_data, read_birth
from ingest.sparkplug.edge_messages import (
    FormerSessions,
    Held,
    Limits,
    Outlet,
    Recent,
    StoredNode,
    absences,
    birth_note,
)
from ingest.sparkplug.edge_sequence import Gaps, Stream, distance, following, is_behind
from ingest.sparkplug_topics import DATA, Verb


class EdgeNode:
    """The state of one edge node (`group/node`)."""

    def __init__(self, name: str, limits: Limits, recent: Recent) -> None:
        self.name = name
        self.born = False
        self.births: dict[str, Birth] = {}  # by device; "" is the node itself
        self.rebirth_wanted = ""  # why, or empty
        self._limits = limits
        self._outlet = Outlet(recent)
        self._bdseq: int | None = None
        self._ended: int | None = None  # number of the session that ended last, while there is none
        self._born_at: int | None = None  # the node's own clock
        self._heard_from: int | None = None  # our clock: since when without a death or a break
        self._session_from = 0
        self._last_seq: int | None = None
        self._last_at: int | None = None
        self._shown: dict[str, Birth] = {}  # the latest births, dead or not: they tell clocks that stand still
        self._former = FormerSessions()
        self._former_until = 0
        self._doubtful_until = 0
        self._unexplained_until = 0
        self._gaps = Gaps()
        self._older = Stream()
        self._ahead: dict[int, Held] = {}
        self._waiting: list[Held] = []
        self._suspected: Held | None = None

    @property
    def held(self) -> list[Held]:
        """All messages held back."""
        suspected = [self._suspected] if self._suspected else []
        return [*self._ahead.values(), *self._waiting, *suspected]

    def expects(self, seq: int | None) -> bool:
        """Whether a message of this number is the next in the sequence, as far as that is known."""
        return seq is None or self._last_seq is None or seq == following(self._last_seq)

    def restore(self, stored: StoredNode, now: int) -> None:
        """Go on from what was stored."""
        self.births = {device: read_birth(payload, None) for device, payload in stored.births.items()}
        for bdseq, said_at, last_at, payloads in stored.former:
            self._ended = bdseq
            births = {device: read_birth(payload, None) for device, payload in payloads.items()}
            self._former.add(said_at, last_at, births)
            self._shown |= births
        # Long enough for everything that was stored and not yet acknowledged to come again.
        self._former_until = now + 30 * self._limits.reorder
        self._shown |= self.births
        self.born, self._bdseq, self._born_at = "" in self.births, stored.bdseq, stored.born_at
        self._ended = None if self.born else self._ended
        self._heard_from = stored.heard_from
        self._session_from = stored.heard_from or 0
        self._last_seq, self._last_at = stored.seq, stored.sent_at

    def take_copy(self, payload: Payload) -> list[Opened]:
        """A client that sends the same again is alive, and may count it as the next in the sequence."""
        if self.expects(payload.seq):
            self._last_seq, self._last_at = payload.seq, payload.at
        return self._still_alive()

    def take(self, held: Held, now: int) -> list[Opened]:
        """Take a message in; what can be given out now, in order."""
        verb = held.topic.verb
        out: list[Opened] = []
        if verb is not Verb.NDEATH and verb is not Verb.NBIRTH and self._suspected:
            out.extend(self._still_alive())
        held.straggler = not self.born and now < self._former_until and verb is not Verb.NBIRTH
        if self._heard_from is None and not held.straggler:
            self._heard_from = held.arrived.at
        if verb is Verb.NBIRTH:
            return out + self._take_birth(held, now)
        if verb is Verb.NDEATH:
            return out + self._take_death(held, now)
        return out + self._in_order(held, now)

    def expire(self, now: int) -> list[Opened]:
        """Give out what has waited long enough."""
        out: list[Opened] = []
        if any(held.due <= now for held in self._ahead.values()):
            out.extend(self._give_up_gap(now))
        due = [held for held in self._waiting if held.due <= now]
        self._waiting = [held for held in self._waiting if held.due > now]
        for held in due:
            out.extend(self._apply(held, now, final=True))
        if self._suspected and self._suspected.due <= now:
            held, self._suspected = self._suspected, None
            detail = f"death of session {bdseq_of(held.payload)}, birth of session {self._bdseq}, and silence since"
            out.extend(self._die(held, now, Clue.SUSPICION, detail))
        return out

    def give_up(self, now: int) -> list[Opened]:
        """Give out everything that waits for other messages, as well as it can be read."""
        out: list[Opened] = []
        while self._ahead:
            out.extend(self._give_up_gap(now, every=True))
        waiting, self._waiting = self._waiting, []
        for held in waiting:
            out.extend(self._apply(held, now, final=True))
        return out

    def leave(self, now: int) -> list[Opened]:
        """Give out everything, a death that silence has not proved included."""
        return self.give_up(now) + self._still_alive()

    def forget(self, now: int) -> tuple[list[Opened], list[Note]]:
        """What follows was not all heard: give out what is held, and end the session as far as we know it."""
        out = self.give_up(now)
        out.extend(self._still_alive())
        detail = "vouch lost its link to the broker, or the broker its session"
        notes = self._end(now, now, Clue.LINK_LOST, detail) if self.births else []
        self._former_until, self._ended = 0, None
        return out, notes

    def want_rebirth(self, why: str) -> None:
        """Have the node asked to say everything again."""
        self.rebirth_wanted = self.rebirth_wanted or why

    def _take_birth(self, held: Held, now: int) -> list[Opened]:
        bdseq = bdseq_of(held.payload)
        rebirth = self.born and bdseq is not None and bdseq == self._bdseq
        out = self._settle_suspicion(held, now, rebirth=rebirth)
        earlier, later = self._before_and_after(held)
        if self.born and not rebirth:
            # Behind a gap the next session may have begun unheard: nothing is read by this one's aliases there.
            doubtful = now < self._doubtful_until
            for one in earlier:
                births = {} if doubtful or not one.counted else self.births
                out.append(self._outlet.give_left_over(one, births))
            earlier = []
        begun_before = self._may_have_begun_before(bdseq)
        notes = self._begin(held, bdseq, now, rebirth=rebirth)
        resolved = decode_birth(held.payload, self.births[""])
        out.append(self._outlet.give(held, resolved, self.births[""], notes))
        for one in earlier:
            one.counted = True
            unreadable = not rebirth and (one.straggler or not begun_before)
            out.extend([self._outlet.give_left_over(one, {})] if unreadable else self._apply(one, now))
        for one in sorted(later, key=self._distance):
            out.extend(self._in_order(one, now))
        return out

    def _begin(self, held: Held, bdseq: int | None, now: int, *, rebirth: bool) -> list[Note]:
        """Take over what the NBIRTH says; returns what is to be noted of it."""
        at, arrived_at = held.payload.at, held.arrived.at
        birth = read_birth(held.payload, self._shown.get(""))
        notes: list[Note] = []
        if self.born and not rebirth:
            detail = f"session {bdseq} began without the death of session {self._bdseq}"
            notes += absences(self.name, arrived_at, Clue.BIRTH, detail, [d for d in self.births if d])
        if not rebirth:
            unheard = self._heard_from is None or self.born or not self._may_have_begun_before(bdseq)
            self._session_from = arrived_at if unheard else self._heard_from or arrived_at
            self._heard_from = self._session_from
            self._outlet.new_session()
        # What was sent before it within its own session, and comes after it, is still of the births before.
        last_at = at if rebirth else self._last_at
        self._former.add(self._born_at, last_at, self.births)
        self._former_until = now + self._limits.reorder
        self.births, self._shown[""] = {"": birth}, birth
        self.born, self._bdseq, self._born_at, self._ended = True, bdseq, at, None
        self._last_seq, self._last_at = held.payload.seq, at
        self._doubtful_until, self.rebirth_wanted = 0, ""
        self._gaps.birth()
        detail = f"birth of session {bdseq}"
        notes.append(PresenceNote(held.topic.source, at, True, Clue.BIRTH, detail))
        return [*notes, birth_note(held, birth, self._session_from, last_at), self._sequence_note()]

    def _may_have_begun_before(self, bdseq: int | None) -> bool:
        """Whether a birth may be an answer in the session of which data was heard: the one after that which ended."""
        return self._ended is None or bdseq == following(self._ended)

    def _before_and_after(self, birth: Held) -> tuple[list[Held], list[Held]]:
        """The messages held back, in order: those made before this NBIRTH, and those made after it."""
        born_at = birth.payload.at
        ahead, self._ahead = sorted(self._ahead.values(), key=self._distance), {}
        waiting, self._waiting = self._waiting, []
        earlier: list[Held] = []
        later: list[Held] = []
        for held in (*waiting, *ahead):
            made_at = held.payload.at
            after = born_at is not None and made_at is not None and made_at >= born_at and not held.counted
            (later if after else earlier).append(held)
        return earlier, later

    def _take_death(self, held: Held, now: int) -> list[Opened]:
        bdseq = bdseq_of(held.payload)
        out = self._still_alive()
        if not self.born or (bdseq is not None and bdseq == self._bdseq):
            unheard = not self.born and not self._former
            out += self._die(held, now, Clue.DEATH, f"death of session {bdseq}")
            if unheard:
                self.want_rebirth("death before a birth")
            return out
        # The will of an older session, or a client that counts its sessions wrong. Silence will tell.
        held.due = now + self._limits.silence
        self._suspected = held
        self._heard_from = None
        return out

    def _settle_suspicion(self, birth: Held, now: int, *, rebirth: bool) -> list[Opened]:
        """A birth after a death of another session: that death was real where the birth is not of the same session."""
        if self._suspected is None or rebirth:
            return self._still_alive()
        held, self._suspected = self._suspected, None
        return self._die(held, now, Clue.DEATH, f"death of session {bdseq_of(held.payload)}, then a new session")

    def _still_alive(self) -> list[Opened]:
        held, self._suspected = self._suspected, None
        return [self._outlet.give(held, None, NO_BIRTH)] if held else []

    def _die(self, held: Held, now: int, evidence: Clue, detail: str) -> list[Opened]:
        out = self.give_up(now)
        notes = self._end(held.arrived.at, now, evidence, detail)
        return [*out, self._outlet.give(held, None, NO_BIRTH, notes)]

    def _end(self, at: int, now: int, evidence: Clue, detail: str) -> list[Note]:
        """The session is over, for the node and all devices behind it, at an instant of our own clock."""
        devices = sorted(device for device in self.births if device)
        notes = absences(self.name, at, evidence, detail, ["", *devices])
        notes.append(BirthsEndNote(self.name, "", at, self._last_at))
        self._former.add(self._born_at, self._last_at, self.births)
        self._former_until = now + self._limits.reorder
        self._ended = self._bdseq if self.born else self._ended
        self.births, self.born, self._bdseq, self._born_at = {}, False, None, None
        self._last_seq = self._last_at = self._heard_from = None
        self._doubtful_until, self.rebirth_wanted = 0, ""
        self._outlet.new_session()
        return notes

    def _distance(self, held: Held) -> int:
        return distance(self._last_seq, held.payload.seq)

    def _in_order(self, held: Held, now: int) -> list[Opened]:
        seq, device = held.payload.seq, held.topic.device
        if not self.born and device not in self.births and held.topic.verb is not Verb.DDEATH:
            self.want_rebirth(f"{held.topic.verb} before a birth of the edge node")
            named = held.topic.verb in DATA and all(metric.name for metric in held.payload.metrics)
            hopeless = named and now < self._unexplained_until
            return self._apply(held, now, final=True) if hopeless else self._wait(held, now)
        is_former = self._is_former(held)
        if is_former and self._former and now < self._former_until:
            # Even if its number is the one expected: that is chance.
            return [self._outlet.give_left_over(held, self._former.find(held.payload.at))]
        # Without an NBIRTH there is no sequence: devices of some clients connect and count each for itself.
        if seq is None or not self.born or self.expects(seq):
            return self._apply(held, now) + self._follow(now)
        if is_former:
            if self._older.goes_on(seq):
                # What looks older than its session's birth goes on and on: the clock was wrong at the birth.
                self._born_at, self._last_seq = None, (seq - 1) & 255
                return self._in_order(held, now)
            self.want_rebirth("data older than the birth of its session")
            return [self._outlet.give_left_over(held, {})]
        if self._is_straggler(held):
            held.counted = True
            return self._apply(held, now)
        if seq in self._ahead or len(self._ahead) >= self._limits.held_max:
            return self._give_up_gap(now, every=True) + self._in_order(held, now)
        held.due = now + self._limits.reorder
        self._ahead[seq] = held
        return []

    def _is_former(self, held: Held) -> bool:
        """Made before this session's birth, by the node's own clock."""
        made_at = held.payload.at
        return self._born_at is not None and made_at is not None and made_at < self._born_at

    def _is_straggler(self, held: Held) -> bool:
        """Its place in the sequence was given up."""
        made_at = held.payload.at
        if made_at is None or self._last_at is None or made_at == self._last_at:
            return is_behind(self._last_seq, held.payload.seq)
        return made_at < self._last_at

    def _follow(self, now: int) -> list[Opened]:
        """What was ahead and is now next."""
        out: list[Opened] = []
        while self._ahead and self._last_seq is not None:
            found = self._ahead.pop(following(self._last_seq), None)
            if found is None:
                break
            out.extend(self._apply(found, now))
        return out

    def _give_up_gap(self, now: int, *, every: bool = False) -> list[Opened]:
        """Go on behind messages that did not come in time; the node is asked to say everything again."""
        out: list[Opened] = []
        while self._ahead and (every or any(held.due <= now for held in self._ahead.values())):
            nearest = min(self._ahead.values(), key=self._distance)
            self.want_rebirth(self._gaps.give_up(nearest, self._last_seq, now))
            if self._gaps.are_answered:
                # A death and a birth may be missing: aliases wait for what the node now says, unless it never answers.
                self._doubtful_until = now + self._limits.reorder
            del self._ahead[nearest.payload.seq or 0]
            out.extend(self._apply(nearest, now))
            out.extend(self._follow(now))
        return out

    def _apply(self, held: Held, now: int, *, final: bool = False) -> list[Opened]:
        """The message's turn has come. With `final` it is given out, however little of it can be read."""
        if final and held.straggler and not self.born:
            return [self._outlet.give_left_over(held, {})]
        if not held.counted and held.payload.seq is not None:
            self._last_seq, self._last_at = held.payload.seq, held.payload.at
        held.counted = True
        if held.topic.verb is Verb.DBIRTH:
            return self._device_birth(held, now)
        if held.topic.verb is Verb.DDEATH:
            return self._device_death(held, now)
        birth = self.births.get(held.topic.device)
        resolved = decode_data(held.payload, birth or NO_BIRTH)
        unexplained = birth is None or resolved.unknown
        if not final:
            if unexplained:
                self.want_rebirth(f"{held.topic.verb} of a metric in no birth")
            hopeless = birth is not None and now < self._unexplained_until
            if (unexplained and not hopeless) or (resolved.aliased and now < self._doubtful_until):
                return self._wait(held, now)
        elif unexplained:
            self._unexplained_until = now + self._limits.unexplained
        return [self._outlet.give(held, resolved, birth or NO_BIRTH, [self._sequence_note()])]

    def _wait(self, held: Held, now: int) -> list[Opened]:
        """Hold it back until a birth comes, or it is due."""
        if held.due <= now:
            held.due = now + self._limits.reorder
        self._waiting.append(held)
        if len(self._waiting) <= self._limits.held_max:
            return []
        return self._apply(self._waiting.pop(0), now, final=True)

    def _device_birth(self, held: Held, now: int) -> list[Opened]:
        device = held.topic.device
        birth = read_birth(held.payload, self._shown.get(device))
        for known in (self.births, self._shown):
            known.pop(device, None)
            known[device] = birth
            if len(known) > self._limits.devices_max:
                del known[next(one for one in known if one)]
        if not self.born:
            self._session_from = self._heard_from = self._heard_from or held.arrived.at
        notes: list[Note] = [
            PresenceNote(held.topic.source, held.payload.at, True, Clue.BIRTH, "birth of the device"),
            birth_note(held, birth, self._session_from, self._last_at),
            self._sequence_note(),
        ]
        out = [self._outlet.give(held, decode_birth(held.payload, birth), birth, notes)]
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.topic.device == device:
                out.extend(self._apply(one, now))
            else:
                self._waiting.append(one)
        return out

    def _device_death(self, held: Held, now: int) -> list[Opened]:
        device = held.topic.device
        mine = [one for one in self._waiting if one.topic.device == device]
        self._waiting = [one for one in self._waiting if one.topic.device != device]
        out = [opened for one in mine for opened in self._apply(one, now, final=True)]
        if not self.born:
            self.want_rebirth("death of a device before a birth of the edge node")
        self.births.pop(device, None)
        notes: list[Note] = [
            PresenceNote(held.topic.source, held.payload.at, False, Clue.DEATH, "death of the device"),
            BirthsEndNote(self.name, device, held.arrived.at, self._last_at),
            self._sequence_note(),
        ]
        return [*out, self._outlet.give(held, None, NO_BIRTH, notes)]

    def _sequence_note(self) -> SequenceNote:
        return SequenceNote(self.name, self._last_seq, self._last_at)
