"""Contracts: checked and compared as files, agreed on, listed, shown, and templates to begin with.

Shell.
"""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vouch.commands.common import console, open_database, print_table, read_text
from vouch.errors import Invalid, Unavailable
from vouch.settings import load_settings

if TYPE_CHECKING:
    from contracts.document import ContractDocument
    from vouch.document import Document

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """Contracts and their versions."""


@contract.command("check")
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
    from contracts.amendments.succession import check_succession
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
    from contracts.evidence.folder import read_evidence
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


@contract.command("diff")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def contract_diff(before: Path, after: Path) -> None:
    """Say in words what the contract file AFTER changes of BEFORE, a line a change."""
    from contracts.amendments.diff import differences
    from contracts.document import parse_contract

    old, new = (parse_contract(read_text(file), str(file))[1] for file in (before, after))
    for line in differences(old, new) or ["nothing changes"]:
        click.echo(line)


@contract.command("apply")
@click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True)
def contract_apply(files: tuple[Path, ...]) -> None:
    """Agree on the contract version that each FILE states. An agreed version never changes."""
    from contracts.document import parse_contract
    from contracts.run import apply_contract

    with open_database() as conn:
        for file in files:
            document, written = parse_contract(read_text(file), str(file))
            new = apply_contract(conn, document, written)
            conn.commit()
            state = "agreed" if new else "was agreed before, nothing to change"
            console.print(f"contract {written.contract} version {written.version}: {state}")


@contract.command("templates")
def contract_templates() -> None:
    """Agreements to begin with, each in a sentence."""
    for name in sorted(one.name for one in _templates().iterdir() if (one / "contract.yaml").is_file()):
        first, _, _ = _template(name).partition("\n")
        console.print(f"{name:<24}{first.removeprefix('#').strip()}", soft_wrap=True)


@contract.command("template")
@click.argument("name")
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), help="A new file to write it to.")
def contract_template(name: str, file: Path | None) -> None:
    """Print the contract file of template NAME, to be filled in."""
    from vouch.errors import Conflict

    text = _template(name)
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise Conflict(f"{file} is there already, and is left as it is") from None
    console.print(f"{file}: template {name}", soft_wrap=True)


def _templates() -> Traversable:
    return resources.files("contracts") / "templates"


def _template(name: str) -> str:
    from vouch.errors import NotFound

    file = _templates() / name / "contract.yaml"
    if not name.isidentifier() or not file.is_file():
        raise NotFound(f"there is no template {name!r}: `vouch contract templates` lists them")
    return file.read_text(encoding="utf-8")


@contract.command("list")
def contract_list() -> None:
    """All contracts with their newest version."""
    from contracts.run import load_current
    from contracts.store import list_contracts

    with open_database() as conn:
        found = [load_current(conn, name) for name in list_contracts(conn)]
    rows = [
        (c.id, c.version, c.customer, c.currency, c.zone.key, len(c.assets), ", ".join(p.id for p in c.prices))
        for c in found
    ]
    print_table("Contracts", ["contract", "version>", "customer", "currency", "time zone", "assets>", "prices"], rows)


@contract.command("show")
@click.argument("name", metavar="CONTRACT")
@click.option("--version", type=int, help="Default: the newest.")
def contract_show(name: str, version: int | None) -> None:
    """Print the agreed document as JSON; it can be applied elsewhere as it is."""
    import json

    from contracts.store import load_document

    with open_database() as conn:
        text = load_document(conn, name, version)
    click.echo(json.dumps(json.loads(text), indent=2, ensure_ascii=False))
