"""Storage of day summaries, and of the marks that say which days need a new one. The caller commits.

Shell.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection

from ingest.reading import decimal_of
from ingest.summaries.summary import DaySummary, Run
from vouch.canonical import canonical_json


def mark_stale(conn: Connection[Any], days: Iterable[tuple[int, date]]) -> None:
    """Have these series-days summarised again; in the transaction that wrote their readings."""
    with conn.cursor() as cur, cur.copy("COPY ingest.stale_mark (series, day) FROM STDIN") as copy:
        for series, day in sorted(days):
            copy.write_row((series, day))


def take_stale(conn: Connection[Any], limit: int) -> list[tuple[int, date]]:
    """Take up to `limit` marks; the series-days they name, each once, in order."""
    rows = conn.execute(
        """DELETE FROM ingest.stale_mark
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM ingest.stale_mark LIMIT %s))
        RETURNING series, day""",
        (limit,),
    ).fetchall()
    return sorted(set(rows))


def count_stale(conn: Connection[Any]) -> int:
    """How many marks wait; a series-day may have several."""
    row = conn.execute("SELECT count(*) FROM ingest.stale_mark").fetchone()
    return int(row[0]) if row else 0


def list_stale(conn: Connection[Any], series: Sequence[int], last_day: date) -> set[tuple[int, date]]:
    """Series-days up to `last_day` whose summary does not yet hold all readings."""
    rows = conn.execute(
        "SELECT DISTINCT series, day FROM ingest.stale_mark WHERE series = ANY (%s) AND day <= %s",
        (list(series), last_day),
    ).fetchall()
    return set(rows)


_PUT_SUMMARY: Final = """
    INSERT INTO ingest.summary (series, day, readings, highest, runs, digest)
    SELECT series, day, readings, highest, runs, digest FROM summary_stage
    ON CONFLICT (series, day) DO UPDATE
       SET readings = EXCLUDED.readings, highest = EXCLUDED.highest, runs = EXCLUDED.runs, digest = EXCLUDED.digest
"""


def put_summaries(conn: Connection[Any], summaries: Iterable[tuple[int, DaySummary]]) -> None:
    """Write or replace the summaries of (series, day)."""
    with conn.cursor() as cur:
        cur.execute("CREATE TEMPORARY TABLE IF NOT EXISTS summary_stage (LIKE ingest.summary) ON COMMIT DELETE ROWS")
        with cur.copy("COPY summary_stage FROM STDIN") as copy:
            for series, summary in summaries:
                runs = canonical_json(summary.runs)
                copy.write_row(
                    (
                        series,
                        summary.day,
                        summary.readings,
                        float(summary.highest),
                        runs,
                        summary.digest,
                    )
                )
        cur.execute(_PUT_SUMMARY)
        cur.execute("DELETE FROM summary_stage")


# One row a series: a month of many series is read as few long texts, not as many short ones.
_SUMMARIES: Final = """
    SELECT series, json_agg(json_build_array(day, readings, highest, runs, digest) ORDER BY day)::text
      FROM ingest.summary
     WHERE series = ANY (%(series)s) AND day BETWEEN %(first)s AND %(last)s
     GROUP BY series
"""

_OPENING: Final = """
    SELECT s.series, json_build_array(json_build_array(o.day, o.readings, o.highest, o.runs, o.digest))::text
      FROM unnest(%(series)s::int[]) AS s (series)
     CROSS JOIN LATERAL (
           SELECT * FROM ingest.summary WHERE series = s.series AND day < %(first)s
            ORDER BY day DESC LIMIT 1) AS o
"""


def list_summaries(
    conn: Connection[Any], series: Sequence[int], first: date, last: date
) -> dict[int, list[DaySummary]]:
    """Per series: the last day before `first` that has readings, then all from `first` to `last`, in order."""
    given = {"series": list(series), "first": first, "last": last}
    found: dict[int, list[DaySummary]] = {}
    for query in (_OPENING, _SUMMARIES):
        for key, days in conn.execute(query, given).fetchall():
            found.setdefault(key, []).extend(_summary(*day) for day in json.loads(days))
    return found


_HIGHEST_SUMMARY: Final = """
    SELECT series, max(highest) FROM ingest.summary
     WHERE series = ANY (%s) AND day BETWEEN %s AND %s GROUP BY series
"""


def list_highest(conn: Connection[Any], series: Sequence[int], first: date, last: date) -> dict[int, Decimal]:
    """The highest value of each series over whole days, from summaries."""
    rows = conn.execute(_HIGHEST_SUMMARY, (list(series), first, last)).fetchall()
    return {key: decimal_of(highest) for key, highest in rows}


def _summary(day: str, readings: int, highest: float, runs: list[Any], digest: str) -> DaySummary:
    return DaySummary(date.fromisoformat(day), readings, decimal_of(highest), tuple(map(Run._make, runs)), digest)
