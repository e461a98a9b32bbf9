"""The registry: declared from a file.

Shell.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click

from vouch.commands.common import console, open_database, progress_line, read_text

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
    from ingest.registry.apply import RegistryConflict
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
    from ingest.registry.apply import apply_registry
    from ingest.registry.file import declared_in, parse_registry
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
