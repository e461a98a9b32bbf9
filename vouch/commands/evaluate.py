"""Evaluating: a contract's month from a folder of evidence, or from the database; the same bytes from both.

Shell.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vouch.commands.common import instant_of, open_database, read_text

if TYPE_CHECKING:
    from billing.statement import StatementDocument

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_PERIOD = click.option("--period", required=True, metavar="MONTH", help="As 2026-03, in the contract's zone.")
_AS_OF = click.option("--as-of", metavar="INSTANT", help="Only what was known before, as 2026-04-03T00:00:00Z.")
_JSON = click.option("--json", "as_json", is_flag=True, help="The whole statement as JSON.")


@click.command()
@click.argument("contracts", metavar="CONTRACT...", type=_FILE, nargs=-1, required=True)
@click.option("--evidence", "folder", required=True, type=_FOLDER, help="Folder of readings and facts.")
@_PERIOD
@_AS_OF
@_JSON
def evaluate(contracts: tuple[Path, ...], folder: Path, period: str, as_of: str | None, as_json: bool) -> None:
    """Measure, judge and price a month of CONTRACT from a folder of evidence.

    Needs no database and no broker. CONTRACT is a contract file; give all versions of an amended contract. Without
    --as-of, all that the folder holds is known. `vouch evidence export` makes such folders from a database.
    """
    from billing.statement import statement
    from contracts.contract import parse_month
    from contracts.evidence.folder import read_evidence
    from contracts.offline import FolderKnowledge, read_versions

    month = parse_month(period)
    evidence = read_evidence(folder)
    for rejected in evidence.readings.rejected:
        click.echo(f"left out: {rejected}", err=True)
    versions = read_versions([(read_text(file), str(file)) for file in contracts], evidence)
    knowledge = FolderKnowledge(versions, evidence, instant_of(as_of, "--as-of"))
    _print(statement(knowledge, month), as_json)


@click.command()
@click.argument("contract", metavar="CONTRACT")
@_PERIOD
@_AS_OF
@_JSON
def statement(contract: str, period: str, as_of: str | None, as_json: bool) -> None:
    """The statement of CONTRACT's month from the database, as it is known now or was known at an instant."""
    from billing.statement import statement
    from contracts.contract import parse_month
    from contracts.run import DatabaseKnowledge
    from vouch.knowledge import snapshot

    with open_database() as conn, snapshot(conn) as now:
        knowledge = DatabaseKnowledge(conn, contract, now, instant_of(as_of, "--as-of") or now)
        _print(statement(knowledge, parse_month(period)), as_json)


def _print(found: "StatementDocument", as_json: bool) -> None:
    import json

    from vouch.commands.statement_view import print_statement

    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True))
    else:
        print_statement(found)
