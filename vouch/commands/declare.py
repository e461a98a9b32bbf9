"""Declaring: registry, devices, contracts, accounts."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import click

from vouch.commands.common import console, open_database, print_table, progress_line
from vouch.settings import load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# So many characters take a while.
_LONG: Final = 1_000_000


@click.group()
def registry() -> None:
    """Issuers, customers, product types, assets, devices."""


@registry.command("apply")
@click.argument("file", type=_FILE)
@click.option("--check", is_flag=True, help="Only check the file; change nothing.")
def registry_apply(file: Path, check: bool) -> None:
    """Declare what FILE says, as a whole or not at all. Applying it twice changes nothing.

    A large fleet is read many times faster from a file of JSON, named so.
    """
    from ingest.registry import RegistryConflict
    from vouch.document import DocumentFaults

    text = read_text(file)
    if len(text) > _LONG:
        console.print(f"  {file}: reading {len(text):,} characters")
    if file.suffix == ".json":
        # A mistake in it is found again as YAML, of which JSON is a part, to say on which line it is.
        with suppress(DocumentFaults, RegistryConflict):
            return _apply(file, text, check, quickly=True)
    return _apply(file, text, check, quickly=False)


def _apply(file: Path, text: str, check: bool, *, quickly: bool) -> None:
    from ingest.registry import apply_registry
    from ingest.registry_file import declared_in, parse_registry
    from vouch.json_document import parse_json_document

    with _uncollected():
        if quickly:
            document = parse_json_document(text, str(file))
            declared = declared_in(document)
        else:
            document, declared = parse_registry(text, str(file))
    if check:
        console.print(f"{file}: well formed")
        return
    with open_database() as conn:
        progress = progress_line(str(file)) if len(text) > _LONG else None
        changed = apply_registry(conn, document, declared, progress)
    console.print(f"{file}: {changed:,} declarations new or changed" if changed else f"{file}: nothing to change")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look again and again at the millions of objects of a long file."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.group()
def device() -> None:
    """Devices and their credentials."""


@device.command("add")
@click.argument("device_id", metavar="DEVICE", required=False)
@click.option("--file", type=_FILE, help="Many at once: a line a device, or CSV with a column `device`.")
@click.option(
    "--passwords",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --file: a new file for the passwords, as CSV; only its owner can read it.",
)
@click.option("--renew", is_flag=True, help="With --file: new passwords for devices that have one, too.")
def device_add(device_id: str | None, file: Path | None, passwords: Path | None, renew: bool) -> None:
    """Give DEVICE credentials for the broker, shown this once. Given again, the old password ends."""
    from vouch.commands.accounts import add_many, add_one

    if file is not None and passwords is not None and device_id is None:
        add_many(file, passwords, renew=renew)
    elif device_id is not None and file is None and passwords is None and not renew:
        add_one(device_id)
    else:
        raise click.UsageError("give either a DEVICE, or --file with --passwords")


@device.command("remove")
@click.argument("device_id", metavar="DEVICE")
def device_remove(device_id: str) -> None:
    """Take DEVICE's credentials away; the broker lets it in no more. What it measured stays."""
    from ingest.access.credentials import remove_device

    remove_device(load_settings(), device_id)
    console.print(f"{device_id} has no credentials any more")


@click.group()
def contract() -> None:
    """Contracts and their versions."""


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


@click.group()
def account() -> None:
    """People who may sign in to the portal."""


@account.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["account_manager", "finance", "customer"]), required=True)
@click.option("--customer", help="The customer whose people see it; with the role customer only.")
@click.password_option(help="Asked for when not given.")
def account_add(email: str, name: str, role: str, customer: str | None, password: str) -> None:
    """Add a person."""
    from web.auth import add_account

    with open_database() as conn:
        add_account(conn, email, name, role, customer, password)
        conn.commit()
    console.print(f"{email} may sign in as {role}")


@account.command("password")
@click.argument("email")
@click.password_option(help="Asked for when not given.")
def account_password(email: str, password: str) -> None:
    """Give a person another password; whoever is signed in as that person is signed out."""
    from web.auth import set_password

    with open_database() as conn:
        set_password(conn, email, password)
        conn.commit()
    console.print(f"{email} has a new password")


def read_text(file: Path) -> str:
    """A file's text; one that is not UTF-8 is an error with its name."""
    from vouch.errors import Invalid

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8 text: {error}") from error


@click.command()
@click.argument(
    "which", type=click.Choice(["telemetry", "presence", "registry", "contract", "fact", "evidence", "statement"])
)
def schema(which: str) -> None:
    """Print a JSON Schema: of messages, registry files, contract files, facts, evidence files or statements."""
    import json

    json.dump(_schema(which), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _schema(which: str) -> dict[str, Any]:
    from billing.statement_schema import StatementDocument
    from contracts import evidence
    from contracts.document import ContractDocument
    from contracts.fact_entry import FactLog
    from ingest.formats import json as telemetry
    from ingest.formats import presence
    from ingest.registry_file import RegistryDocument
    from vouch.json_schema import published, schema_of

    match which:
        case "telemetry":
            return published(telemetry.SCHEMA)
        case "presence":
            return published(presence.SCHEMA)
        case "registry":
            return schema_of(RegistryDocument)
        case "fact":
            return schema_of(FactLog)
        case "evidence":
            return published(evidence.schema())
        case "statement":
            return schema_of(StatementDocument)
        case _:
            return schema_of(ContractDocument)
