"""A contract with every kind of part, for the portal's tests: one cold store, one month of eventful data, facts.

October, in Berlin, is 745 hours long. The store reports once an hour; it is down from the 10th, 00:00, for 10 hours and
silent on the 20th from 12:00 to 17:00. It is too warm for six hours from the 15th, 00:00.
"""

from datetime import timedelta
from typing import Any, Final

from psycopg import Connection

from contracts.facts.entry import FactLog
from contracts.facts.file import answer_of
from contracts.facts.store import add_entries, add_entry
from ingest.registry.apply import apply_registry
from ingest.registry.file import parse_registry
from tests.web_world import FAULT_STARTS, SILENCE_STARTS
from tests.world import OCTOBER_STARTS, agree, message, write

WARM_STARTS: Final = OCTOBER_STARTS + timedelta(days=14)

REGISTRY: Final = """
registry: 1
product_types:
  - id: cold-store
    name: Cold store
    metrics:
      - {name: energy_kwh, kind: counter, unit: KWH, resolution: 0.1, on_fall: reset, silence_seconds_max: 7200}
      - {name: pallets, kind: amount, unit: C62, silence_seconds_max: 86400}
      - {name: room_c, kind: gauge, unit: CEL, silence_seconds_max: 7200}
      - {name: state, kind: state, states: {RUNNING: 1, FAULT: 2, DEFROST: 3}, silence_seconds_max: 7200}
assets:
  - {id: store-1, name: Cold store, customer: buyer, product_type: cold-store,
     served_by: [{device: device-7, since: "2026-09-01T00:00:00+02:00"}]}
"""

_TIME: Final = """window: month, metric: state, scope: asset, up: [RUNNING], down: [FAULT], unknown: [], out: [],
     degraded: {DEFROST: 0.5}, shaping: none, denominator: counted, service_hours: always"""

_TIME_OF_YEAR: Final = _TIME.replace("window: month", "window: {months: 12, kind: calendar, partial: judge}")

CONTRACT: Final = f"""
contract: cold
version: 1
issuer: seller
customer: buyer
currency: EUR
time_zone: Europe/Berlin
effective_from: 2026-10-01
vat_percent: 19
assets:
  - {{asset: store-1, in_service_from: 2026-10-01}}
measures:
  - {{id: energy, kind: counter, window: month, metric: energy_kwh, unit: KWH, scope: asset, on_fall: reset, jitter: 0,
     step_max: none, attribution: at_reading, rounding: none, missing: none, acceptance: not_needed}}
  - {{id: pallets, kind: event_sum, window: month, metric: pallets, unit: C62, scope: asset, of: value, negative: net,
     acceptance: not_needed}}
  - {{id: running, kind: time_in_state, window: month, metric: state, unit: HUR, scope: asset, states: {{RUNNING: 1,
     FAULT: 0, DEFROST: 0.5}}, unknown: [], service_hours: always,
     unknown_rule: {{carry_seconds: 3600, then: down, coverage_min_percent: none}}}}
  - {{id: availability, kind: availability, {_TIME},
     exclusions: [{{judge: maintenance, mode: out, causality: overlap}},
                  {{judge: strike, mode: up, causality: overlap}}],
     unknown_rule: {{carry_seconds: 3600, then: attribute, otherwise: exclude, acceptance: not_needed,
                    coverage_min_percent: 80}}}}
  - {{id: availability-customer, kind: availability, {_TIME}, exclusions: [],
     unknown_rule: {{carry_seconds: 3600, then: down, coverage_min_percent: none}}}}
  - {{id: in-temperature, kind: share_in_band, window: month, metric: room_c, unit: CEL, scope: asset, low: -25,
     high: -18, hysteresis: 0, service_hours: always,
     unknown_rule: {{carry_seconds: 3600, then: exclude, coverage_min_percent: none}}}}
  - {{id: stops, kind: incident_list, window: month, scope: asset, service_hours: always, excused_by: [], value: count,
     source: {{metric: state, open: [FAULT], closed: [RUNNING], unchanged: [DEFROST], merge_seconds: 0,
              minimum_seconds: 0}}}}
  - {{id: calls, kind: incident_list, window: month, scope: asset, service_hours: always, excused_by: [],
     value: longest_response_hours, source: {{causes: [too-warm], acceptance: not_needed}}}}
  - {{id: energy-per-pallet, kind: ratio, window: month, numerator: [energy], denominator: [pallets]}}
  - {{id: overall, kind: product, window: month, factors: [availability, in-temperature]}}
  - {{id: saved, kind: saving, window: month, unit: KWH, actual: energy,
     baseline: {{constant_per_month: 1000, drivers: [{{measure: pallets, coefficient: 2}}],
                model_version: first year}}}}
  - {{id: production, kind: production_availability, window: month, actual: pallets, lost: stops,
     model_version: one pallet a stop}}
  - {{id: yearly, kind: availability, {_TIME_OF_YEAR},
     exclusions: [], unknown_rule: {{carry_seconds: 3600, then: exclude, coverage_min_percent: none}}}}
judges:
  - {{id: promise, kind: threshold, measure: availability, comparison: at_least, percent: 99}}
  - {{id: cold-enough, kind: threshold, measure: in-temperature, comparison: more_than, percent: 99.5}}
  - {{id: few-stops, kind: threshold, measure: stops, comparison: at_most, value: 2}}
  - {{id: second-miss, kind: streak, judge: promise, verdict: missed, count: 1, within: 3, right: termination}}
  - {{id: maintenance, kind: planned_window, weekly: [{{weekday: wednesday, from: "20:00", until: "22:00"}}],
     announced: {{causes: [service], declared_by: [supplier], notice_hours: 48, acceptance: not_needed}},
     service_hours: always, allowance: {{hours: 7, per: month, partial_period: whole}}}}
  - {{id: strike, kind: excusable_event, causes: [strike], declared_by: [supplier], notice_within_hours: 48,
     evidence_required: true, acceptance: {{days: 366, silence: accepted}}}}
  - {{id: cleaning, kind: obligation, owed_by: customer, due: {{on: [2026-10-05]}}, grace_days: 2, cure: ends,
     acceptance: not_needed}}
  - {{id: heat, kind: operating_envelope, metric: room_c, unit: CEL, high: -15, dwell_seconds: 3600,
     carry_seconds: 3600, free_count: 0}}
prices:
  - {{id: fee, kind: fixed_fee, text: Cold store, amount: 745.00, per: asset, interval_months: 1, billed: in_arrears,
     proration: seconds, free_of_charge: []}}
  - {{id: handled, kind: usage_price, text: Pallets, of: [{{measure: pallets, weight: 1}}], unit: C62,
     scheme: {{model: graduated, tiers: [{{up_to: 100, price: 2}}, {{price: 1.5}}]}}, included: 10, rollover: none,
     multiplier: none, tiers_over: month, partial_period: whole, negative: credit}}
  - {{id: least, kind: minimum, text: Minimum, commitment: {{of: [handled], amount: 300}}, window: month,
     reduced_by: [], partial_period: whole, carry_over: none}}
  - {{id: uptime, kind: remedy, text: Availability, of: promise,
     credit: {{form: ladder, tiers: [{{below: 99, percent: 5}}], base: [fee], cap_percent: 20}}}}
  - {{id: temperature, kind: remedy, text: Temperature, of: cold-enough,
     credit: {{form: linear, points: 1, percent: 10, base: [fee], cap_percent: 30}}}}
  - {{id: response, kind: remedy, text: Response, of: calls,
     credit: {{form: per_incident, limit_of: response, over_hours: 2, amount: 50}}}}
  - {{id: extra, kind: bonus, text: Few stops, of: few-stops, dead_band_points: 0, earned: {{form: flat, amount: 25}}}}
  - {{id: shared, kind: gain_share, text: Saving, measure: saved, price: 0.20, percent: 50, paid_by: customer,
     guarantee: none}}
  - {{id: not-clean, kind: obligation_consequence, text: Not cleaned, judge: cleaning,
     consequence: {{effect: surcharge, amount: 10, per: started_day}}}}
  - {{id: together, kind: combination, text: Credits together, of: [uptime, temperature, response], rule: highest,
     cap_per_month: {{amount: 100}}, cap_per_window: none, claim: not_needed}}
  - {{id: most, kind: maximum, text: At most, of: [fee, handled], amount: 2000, window: month, partial_period: whole}}
  - {{id: index, kind: indexation, of: [fee], fixed_percent: 40, indices: [{{index: labour, percent: 60,
     base_month: 2026-09}}], growth_percent: 0, adjusted: {{first_month: 2026-10, every_months: 1, lag_months: 0}},
     price_decimals: 2, min_factor_percent: none, max_factor_percent: none, unpublished: last_known,
     on_revision: correct, acceptance: not_needed}}
views:
  - {{id: up-time, owner: availability-customer, supplier: availability}}
"""


def _fact(name: str, kind: str, about: dict[str, Any], **when: str) -> dict[str, Any]:
    given = {"fact": name, "by": "supplier", "says": "propose", "kind": kind, "asset": "store-1", "about": about}
    return given | {"from" if key == "since" else key: at for key, at in when.items()}


FACTS: Final = [
    _fact("F-1", "planned_work", {"cause": "service"}, since="2026-10-27T06:00:00Z", until="2026-10-27T10:00:00Z"),
    _fact("F-2", "excusable_event", {"cause": "strike"}, since="2026-10-10T00:00:00Z", until="2026-10-10T02:00:00Z")
    | {"evidence": "letter of the union"},
    _fact("F-3", "gap_cause", {"cause": "network", "counts_as": "up"}, since="2026-10-20T12:00:00Z",
          until="2026-10-20T14:00:00Z"),
    _fact("F-4", "incident", {"cause": "too-warm", "responded_at": "2026-10-15T03:00:00Z"},
          since="2026-10-14T22:30:00Z", until="2026-10-15T04:00:00Z"),
    _fact("F-5", "index_value", {"index": "labour", "month": "2026-09", "value": "100"}) | {"asset": None},
    _fact("F-6", "index_value", {"index": "labour", "month": "2026-10", "value": "101"}) | {"asset": None},
]  # fmt: skip


def seed_kinds(conn: Connection[Any]) -> None:
    """Registry, contract, facts and October's readings, committed."""
    apply_registry(conn, *parse_registry(REGISTRY, "cold.yaml"))
    agree(conn, CONTRACT)
    add_entries(conn, "cold", FactLog.model_validate(FACTS).root)
    add_entry(conn, "cold", answer_of("F-1", "customer", "accept", None))
    add_entry(conn, "cold", answer_of("F-2", "customer", "dispute", "we saw nobody on strike"))
    conn.commit()
    messages = []
    for n in range(24 + 745 + 2):
        at = OCTOBER_STARTS + timedelta(hours=n - 24)
        if SILENCE_STARTS <= at < SILENCE_STARTS + timedelta(hours=5):
            continue
        down = FAULT_STARTS <= at < FAULT_STARTS + timedelta(hours=10)
        warm = WARM_STARTS <= at < WARM_STARTS + timedelta(hours=6)
        state = "FAULT" if down else "DEFROST" if n % 24 == 3 else "RUNNING"
        values: dict[str, Any] = {"energy_kwh": 1000 + 2 * n, "room_c": -12 if warm else -20, "state": state}
        messages.append(message("device-7", at, **values | ({"pallets": 8} if n % 24 == 10 else {})))
    write(conn, messages)
