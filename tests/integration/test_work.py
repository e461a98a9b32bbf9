"""The record of scheduled work."""

from typing import Any

import pytest
from psycopg import Connection

from ingest.watch.work_store import list_work, recorded
from tests.world import declare_world
from vouch.database import connect
from vouch.running.schedule import close_due_months, summarise
from vouch.settings import load_settings


def test_the_last_run_of_each_work_is_kept_with_how_it_ended(conn: Connection[Any]) -> None:
    conn.autocommit = True
    with pytest.raises(RuntimeError), recorded(conn, "closing"):
        raise RuntimeError("no room left")
    (failed,) = list_work(conn)
    with recorded(conn, "closing"):
        pass
    (done,) = list_work(conn)

    assert failed.error == "RuntimeError: no room left"
    assert done.error is None
    assert failed.ended_at < done.started_at <= done.ended_at


def test_the_scheduler_records_what_it_does(database: str) -> None:
    with connect(database) as conn:
        declare_world(conn)
    settings = load_settings(database_url=database)
    summarise(settings)
    close_due_months(settings)
    with connect(database) as conn:
        found = list_work(conn)

    assert [(one.name, one.error) for one in found] == [("month closing", None), ("summaries", None)]
