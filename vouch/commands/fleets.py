"""What commands that bring devices share: what they are is declared, and which month is meant.

Shell.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from psycopg import Connection

from vouch.commands.common import open_database, say
from vouch.settings import Settings

RECEIPTS = click.option(
    "--receipts/--no-receipts", default=True, help="Keep each message until its receipt, or only until its PUBACK."
)


def last_month() -> str:
    """The last full month, as 2026-10."""
    first = datetime.now(UTC).date().replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


def declare(settings: Settings, name: str, registry: str, contracts: Mapping[str, str]) -> None:
    """Declare a registry and agree on contracts given as texts; what is there already stays."""
    with open_database(settings) as conn:
        changed, agreed = declare_on(conn, name, registry, contracts)
    say(f"{name}: {changed} declarations and {agreed} contracts new or changed")


def declare_on(conn: Connection[Any], name: str, registry: str, contracts: Mapping[str, str]) -> tuple[int, int]:
    """As `declare`, on a connection; how many declarations and contracts were new or changed."""
    from contracts.document import parse_contract
    from contracts.run import apply_contract
    from ingest.registry.apply import apply_registry
    from ingest.registry.file import parse_registry

    changed = apply_registry(conn, *parse_registry(registry, f"{name} registry"))
    agreed = sum(apply_contract(conn, *parse_contract(text, f"{key} contract")) for key, text in contracts.items())
    conn.commit()
    return changed, agreed
