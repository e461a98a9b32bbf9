"""Contract files: checked, and compared with one another. No database is needed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vouch.commands.common import console, open_database
from vouch.commands.declare import read_text
from vouch.errors import Invalid, Unavailable
from vouch.settings import load_settings

if TYPE_CHECKING:
    from contracts.document import ContractDocument
    from vouch.document import Document

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("check")
@click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True)
@click.option("--evidence", "folder", type=_FOLDER, help="Check against the assets and metrics of this folder.")
@click.option(
    "--registry/--no-registry",
    default=None,
    help="Check against the registry. Default: if a database is configured and answers, and no --evidence is given.",
)
def contract_check(files: tuple[Path, ...], folder: Path | None, registry: bool | None) -> None:
    """Check each FILE: its form, and whether its parts fit each other; change nothing.

    Several files are versions of one contract, which have to follow one another.
    """
    from contracts.amendment import check_succession
    from contracts.document import contract_of, parse_contract

    parsed = [parse_contract(read_text(file), str(file)) for file in files]
    fits = []
    if folder is not None:
        fits.append(_check_evidence(parsed, folder))
    if registry or (registry is None and folder is None):
        fits.append(_check_registry(parsed, required=bool(registry)))
    versions = sorted((contract_of(written) for _, written in parsed), key=lambda one: one.version)
    for n, version in enumerate(versions[1:], start=1):
        if version.id != versions[0].id:
            raise Invalid(f"the files are of contracts {versions[0].id!r} and {version.id!r}")
        check_succession(version, versions[:n])
    said = " and ".join(fit for fit in fits if fit) or "its own words; it was not held against a registry"
    for file, (_, written) in zip(files, parsed, strict=True):
        console.print(f"{file}: contract {written.contract} version {written.version} fits {said}", soft_wrap=True)


def _check_evidence(parsed: "list[tuple[Document, ContractDocument]]", folder: Path) -> str:
    from contracts.evidence_folder import read_evidence
    from contracts.offline import check_evidence

    evidence = read_evidence(folder)
    for document, written in parsed:
        check_evidence(document, written, evidence)
    return str(folder)


def _check_registry(parsed: "list[tuple[Document, ContractDocument]]", required: bool) -> str:
    from contracts.run import check_contract

    if not required and not load_settings().database_url:
        return ""
    try:
        with open_database() as conn:
            for document, written in parsed:
                check_contract(conn, document, written)
    except Unavailable as error:
        if required:
            raise
        click.echo(f"vouch: not held against the registry: {error}", err=True)
        return ""
    return "the registry"


@click.command("diff")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def contract_diff(before: Path, after: Path) -> None:
    """Say in words what the contract file AFTER changes of BEFORE, a line a change."""
    from contracts.diff import differences
    from contracts.document import parse_contract

    old, new = (parse_contract(read_text(file), str(file))[1] for file in (before, after))
    for line in differences(old, new) or ["nothing changes"]:
        click.echo(line)
