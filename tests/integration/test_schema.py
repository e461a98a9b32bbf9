"""docs/schema.sql is the migrated database."""

from typing import Any

from psycopg import Connection

from tests.schema import FILE, schema_of


def test_the_page_is_the_schema_of_the_migrated_database(conn: Connection[Any]) -> None:
    assert schema_of(conn) == FILE.read_text(), "`make schema` renews docs/schema.sql"
