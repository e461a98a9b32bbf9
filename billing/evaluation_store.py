"""Storage of evaluations. None is ever changed: where one differs, a newer revision stands beside it.

Shell. The caller commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection

from billing.evaluation import Evaluation
from vouch.canonical import digest_of
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation as it is kept. `content` is canonical JSON, `digest` its SHA-256."""

    id: int
    contract: str
    version: int
    price: str
    subject: str
    window: Period
    known_at: datetime
    content: str
    digest: str


_LATEST: Final = """
    SELECT DISTINCT ON (version, price, subject, window_start)
           version, price, subject, window_start, id, revision, digest
      FROM billing.evaluation
     WHERE contract = %(contract)s AND window_start >= %(start)s AND window_start < %(end)s
     ORDER BY version, price, subject, window_start, revision DESC
"""

_ADD: Final = """
    COPY billing.evaluation
         (contract, version, price, subject, window_start, window_end, revision, known_at, content, digest)
    FROM STDIN
"""


def add_evaluations(
    conn: Connection[Any],
    contract: str,
    evaluations: Sequence[Evaluation],
    known_at: datetime,
) -> list[int]:
    """Keep each evaluation, as a further revision where it differs from the last one; the ids that stand, in order."""
    if not evaluations:
        return []
    window = Period(min(one.window.start for one in evaluations), max(one.window.end for one in evaluations))
    latest = _list_latest(conn, contract, window)
    fresh = []
    for evaluation in evaluations:
        content = evaluation.content
        digest = digest_of(content)
        standing = latest.get(_key(evaluation))
        if standing is None or standing[2] != digest:
            revision = 1 if standing is None else standing[1] + 1
            fresh.append((evaluation, revision, content, digest))
    if fresh:
        with conn.cursor() as cur, cur.copy(_ADD) as copy:
            for evaluation, revision, content, digest in fresh:
                copy.write_row(
                    (
                        contract,
                        evaluation.contract.version,
                        evaluation.price,
                        evaluation.subject,
                        evaluation.window.start,
                        evaluation.window.end,
                        revision,
                        known_at,
                        content,
                        digest,
                    )
                )
        latest = _list_latest(conn, contract, window)
    return [latest[_key(evaluation)][0] for evaluation in evaluations]


def _key(evaluation: Evaluation) -> tuple[int, str, str, datetime]:
    return evaluation.contract.version, evaluation.price, evaluation.subject, evaluation.window.start


def _list_latest(
    conn: Connection[Any], contract: str, window: Period
) -> dict[tuple[int, str, str, datetime], tuple[int, int, str]]:
    given = {"contract": contract, "start": window.start, "end": window.end}
    rows = conn.execute(_LATEST, given).fetchall()
    return {
        (version, price, subject, start.astimezone(UTC)): (key, revision, digest)
        for version, price, subject, start, key, revision, digest in rows
    }


_EVALUATIONS: Final = """
    SELECT id, contract, version, price, subject, window_start, window_end, known_at, content, digest
      FROM billing.evaluation WHERE id = ANY (%s)
"""


def list_evaluations(conn: Connection[Any], ids: Sequence[int]) -> dict[int, StoredEvaluation]:
    """The evaluations with these ids."""
    found = {}
    for key, contract, version, price, subject, start, end, known_at, content, digest in conn.execute(
        _EVALUATIONS, (list(ids),)
    ):
        window = Period(start.astimezone(UTC), end.astimezone(UTC))
        found[key] = StoredEvaluation(
            key, contract, version, price, subject, window, known_at.astimezone(UTC), content, digest
        )
    return found
