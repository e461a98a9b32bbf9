"""docs/schema.sql: the migrated database at one sight. `make schema` renews it, a test holds it.

Put together from the catalogues, so that it is the same text whichever PostgreSQL made it: tables with their columns,
keys, checks and indexes, functions and triggers, comments beside what they are about. What TimescaleDB and the
migration library keep for themselves is left out.
"""

import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from psycopg import Connection

FILE: Final = Path(__file__).parents[1] / "docs" / "schema.sql"
SCHEMAS: Final = ["ingest", "contracts", "billing", "web"]
_HEAD: Final = "-- Made by `make schema` from the migrated database: for reading. The migrations are what is run.\n"

_COLUMNS: Final = """
    SELECT n.nspname, c.relname, obj_description(c.oid, 'pg_class'), a.attname,
           format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
           pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
     WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p')
     ORDER BY array_position(%s, n.nspname::text), c.relname, a.attnum
"""
_CONSTRAINTS: Final = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'c', 'x')
     ORDER BY array_position('{p,u,x,f,c}'::"char"[], contype), pg_get_constraintdef(oid)
"""
_INDEXES: Final = """
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i
     WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
     ORDER BY 1
"""
_TRIGGERS: Final = """
    SELECT pg_get_triggerdef(oid) FROM pg_trigger
     WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgname NOT LIKE 'ts_%%' ORDER BY tgname
"""
_FUNCTIONS: Final = """
    SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
     WHERE n.nspname = %s ORDER BY p.proname
"""


def schema_of(conn: Connection[Any]) -> str:
    """The text for the database of this connection."""
    conn.execute("SET LOCAL search_path = pg_catalog")
    rows = conn.execute(_COLUMNS, (SCHEMAS, SCHEMAS)).fetchall()
    parts = [_HEAD]
    for schema, tables in groupby(rows, key=lambda row: row[0]):
        parts.append(f"\nCREATE SCHEMA {schema};\n")
        parts += [f"\n{text.strip()};\n" for (text,) in conn.execute(_FUNCTIONS, (schema,)).fetchall()]
        for table, columns in groupby(tables, key=lambda row: row[1]):
            parts += _table(conn, f"{schema}.{table}", list(columns))
    return "".join(parts)


def _table(conn: Connection[Any], table: str, columns: list[tuple[Any, ...]]) -> Iterator[str]:
    comment = columns[0][2]
    yield "\n" + (f"-- {comment}\n" if comment else "") + f"CREATE TABLE {table} (\n"
    named = [(f"    {_column(*row[3:9])}", row[9]) for row in columns]
    rules = [(f"    {text}", None) for (text,) in conn.execute(_CONSTRAINTS, (table,)).fetchall()]
    lines = [*named, *rules]
    for n, (line, about) in enumerate(lines, start=1):
        comma = "," if n < len(lines) else ""
        yield f"{line}{comma}" + (f"  -- {about}" if about else "") + "\n"
    yield ");\n"
    for query in (_INDEXES, _TRIGGERS):
        yield from (f"{text};\n" for (text,) in conn.execute(query, (table,)).fetchall())


def _column(name: str, kind: str, required: bool, identity: str, generated: str, default: str | None) -> str:
    words = [name, kind, "NOT NULL" if required else ""]
    if generated:
        words.append(f"GENERATED ALWAYS AS ({default}) STORED")
    elif default is not None:
        words.append(f"DEFAULT {default}")
    if identity:
        words.append(f"GENERATED {'ALWAYS' if identity == 'a' else 'BY DEFAULT'} AS IDENTITY")
    return " ".join(filter(None, words))


def main() -> None:
    """Renew the file from a database of its own."""
    from vouch.database import connect
    from vouch.running.up import embedded

    with tempfile.TemporaryDirectory(prefix="vouch-schema-") as folder:
        Path(folder).chmod(0o755)
        with embedded(Path(folder) / ".vouch") as settings, connect(settings.database_url) as conn:
            FILE.write_text(schema_of(conn))
    sys.stdout.write(f"{FILE.name}: {len(FILE.read_text().splitlines())} lines\n")


if __name__ == "__main__":
    main()
