"""Draws evidence: devices, what they say, and what the parties put on record."""

from typing import Any

from tests.oracle.draw import DAY, STATES, Draw, iso, second_of


class DrawEvidence(Draw):
    """Readings and facts."""

    def assignments(self) -> list[tuple[str, str, int, int | None]]:
        """One device for each asset, or two one after the other, perhaps with a gap between."""
        found: list[tuple[str, str, int, int | None]] = []
        for asset in self.assets:
            since = self.opens - 30 * DAY
            if self.chance(0.25):
                swap = self.at(self.opens + 2 * DAY, self.closes - 2 * DAY)
                again = swap + self.rng.choice((0, 0, 5)) * self.grid
                found += [(asset, f"{asset}-a", since, swap), (asset, f"{asset}-b", again, None)]
            elif asset == "asset-1" or self.chance(0.9):
                found.append((asset, f"{asset}-a", since, None))
        return found

    def say(self, asset: str, device: str, since: int, until: int | None) -> None:
        """What a device says of its state and its counter; also while it serves nobody."""
        start = max(self.opens, since) - self.rng.choice((0, 1, 5)) * DAY
        end = self.closes if until is None else min(self.closes, until + DAY)
        hours = 3600 // self.grid
        for first, last in ((start, end),):
            state, now = "RUN", self.at(first, first + DAY)
            while now < last:
                self.hear(device, "state", now, str(STATES[state]))
                now += self.grid * self.rng.randrange(1, self.rng.choice((2, 8, 30, 30)) * hours + 1)
                if self.chance(0.03):
                    now += self.rng.randrange(1, 5) * DAY
                if self.chance(0.4):
                    state = self.rng.choice(("RUN", "RUN", "RUN", "RUN", "SLOW", "FAULT", "FAULT", "LOST", "PARKED"))
            self.count(device, first, last)
            self.events(device, first, last)

    def count(self, device: str, first: int, last: int) -> None:
        """Readings of the counter, with falls of all kinds."""
        hours = 3600 // self.grid
        now, shown = self.at(first, first + DAY), float(self.rng.randrange(0, 1500))
        while now < last:
            self.hear(device, "km", now, str(round(shown, 1)))
            now += self.grid * self.rng.randrange(1, self.rng.choice((6, 40)) * hours + 1)
            shown += self.rng.choice((0, 0.3, 5, 12.5, 40))
            kind = self.rng.random()
            if kind < 0.03:
                shown = self.rng.choice((0.0, 1.5, 40.0))
            elif kind < 0.06:
                shown = max(0.0, shown - self.rng.choice((0.5, 5.0, 8.0)))
            elif kind < 0.08:
                self.hear(device, "km", now, str(round(shown + self.rng.choice((301, 900)), 1)))
                now += self.grid
            elif kind < 0.10:
                shown += self.rng.choice((300, 301, 800))
            if shown >= 2000:
                shown -= 2000

    def events(self, device: str, first: int, last: int) -> None:
        """Amounts, powers and a pressure, where a measure asks for them."""
        asked = {measure.get("metric") for measure in self.measures}
        for metric, values in (
            ("charged", ("1", "2.5", "40", "0", "-3", "-60")),
            ("power", ("10", "3.3", "-5", "0")),
            ("pressure", ("5.9", "6", "6.1", "6.3", "7", "8.2", "8.5", "8.6", "9")),
        ):
            now = self.at(first, first + DAY)
            while metric in asked and now < last:
                self.hear(device, metric, now, self.rng.choice(values))
                now += self.grid * self.rng.randrange(1, self.rng.choice((6, 60)) * 3600 // self.grid + 1)

    def hear(self, device: str, metric: str, at: int, value: str) -> None:
        """A reading, received soon or late."""
        late = self.rng.choice((0, 0, 0, 0, 1, 1, 40 * DAY))
        self.readings.append((device, metric, at, value, at + late))

    def spoil(self) -> None:
        """Say some again, contradict some, and mix them all."""
        for reading in self.rng.sample(self.readings, min(len(self.readings), self.rng.choice((0, 3, 10)))):
            device, metric, at, value, received = reading
            self.readings.append(reading)
            if metric == "km" and self.chance(0.5):
                self.readings.append(
                    (device, metric, at, str(float(value) + 1), received + self.rng.choice((-1, 0, 9)))
                )
        if self.chance(0.7):
            self.rng.shuffle(self.readings)

    def records(self) -> None:
        """Facts of all kinds, with answers."""
        kinds = {judge["kind"] for judge in self.judges}
        if "planned_window" in kinds:
            self.spans("planned_work", {"cause": "service"}, 4)
        if "excusable_event" in kinds:
            self.spans("excusable_event", {"cause": self.rng.choice(("flood", "flood", "strike", "other"))}, 6)
        if "obligation" in kinds:
            self.spans("obligation_breached", {"obligation": "duty"}, 1)
            for _ in range(self.rng.randrange(0, 5)):
                kind = self.rng.choice(("obligation_met", "maintenance_done"))
                at = self.at(self.opens, self.closes)
                self.propose(kind, {"obligation": "duty"}, {"at": iso(at)}, at)
        for _ in range(self.rng.randrange(0, 7)):
            counts_as = self.rng.choice(("up", "down", "exclude"))
            self.spans("gap_cause", {"counts_as": counts_as, "cause": "no-coverage"}, 1)
        if self.chance(0.3):
            at = self.at(self.opens, self.closes)
            amount = self.rng.choice(("12.5", "-3", "-200"))
            self.propose("counter_correction", {"metric": "km", "amount": amount}, {"at": iso(at)}, at)

        if any(measure["id"] == "stops" and "causes" in measure["source"] for measure in self.measures):
            for _ in range(self.rng.randrange(1, 6)):
                self.incident()
        for measure in self.measures:
            for _ in range(2 if measure["kind"] == "event_sum" else 0):
                told = [one for one in self.readings if one[1] == measure["metric"]]
                if told and self.chance(0.5):
                    device, metric, at, _, _ = self.rng.choice(told)
                    about = {"device": device, "metric": metric, "measured_at": iso(at)}
                    self.propose("event_cancelled", about, {}, at)

    def spans(self, kind: str, about: dict[str, Any], most: int) -> None:
        """Up to so many facts about spans."""
        for _ in range(self.rng.randrange(0, most + 1)):
            start = self.at(self.opens, self.closes - DAY)
            end = start + self.grid * self.rng.randrange(1, self.rng.choice((8, 60, 120)))
            self.propose(kind, about, {"from": iso(start), "until": iso(end)}, start)

    def incident(self) -> None:
        """One that ended, or is open; attended to, or not."""
        start = self.at(self.opens - 10 * DAY, self.closes - DAY)
        end = start + self.grid * self.rng.randrange(1, self.rng.choice((40, 400)))
        responded = None if self.chance(0.4) else iso(self.at(start, end))
        times = {"from": iso(start), "until": None if self.chance(0.2) else iso(end)}
        cause = self.rng.choice(("broken", "broken", "stuck", "other"))
        self.propose("incident", {"cause": cause, "responded_at": responded}, times, end)

    def propose(self, kind: str, about: dict[str, Any], times: dict[str, Any], around: int) -> None:
        """A proposal somewhere around an instant, what the other side says to it, and perhaps a successor."""
        name = f"F-{len(self.facts)}"
        known = around + self.rng.choice((-80, -72, -30, -24, 0, 12, 24, 100, 240, 500)) * 3600
        by = self.rng.choice(("supplier", "supplier", "customer"))
        entry = {
            "fact": name,
            "recorded_at": iso(known),
            "by": by,
            "says": "propose",
            "kind": kind,
            "asset": None if self.chance(0.3) else self.rng.choice(self.assets),
            **times,
            "about": about,
            "evidence": "ticket" if self.chance(0.6) else None,
            "succeeds": None,
        }
        self.facts.append(entry)
        answered = self.answer(name, by, known)
        if self.chance(0.12) and answered not in ("reject", "withdraw"):
            other = {**entry, "fact": f"{name}-b", "succeeds": name, "recorded_at": iso(known + 20 * DAY)}
            if times.get("until") is not None:
                other["until"] = iso(second_of(times["until"]) + 3 * self.grid)
            self.facts.append(other)
            self.answer(f"{name}-b", by, known + 20 * DAY)

    def answer(self, name: str, by: str, known: int) -> str | None:
        """What is said to it, if anything."""
        says = self.rng.choice((None, None, "accept", "accept", "reject", "dispute", "withdraw"))
        if says is None:
            return None
        other = {"supplier": "customer", "customer": "supplier"}[by]
        at = known + self.rng.choice((1, 24, 72, 14 * 24 - 1, 14 * 24, 19 * 24)) * 3600
        speaker = by if says == "withdraw" else other
        self.facts.append({"fact": name, "recorded_at": iso(at), "by": speaker, "says": says, "reason": "so it is"})
        if says == "dispute" and self.chance(0.5):
            later = self.rng.choice(("accept", "reject"))
            self.facts.append(
                {"fact": name, "recorded_at": iso(at + 7200), "by": other, "says": later, "reason": "so it is"}
            )
            return later
        return str(says)
