"""What commands share: settings, a database connection, tables, and errors as one sentence with an exit code.

Shell.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from psycopg import Connection
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from vouch.errors import Conflict, Invalid, NotFound, Unavailable, VouchError
from vouch.period import parse_instant
from vouch.settings import Settings, load_settings

EXIT_CODES: Final[dict[type[VouchError], int]] = {Invalid: 2, NotFound: 3, Conflict: 4, Unavailable: 5}

# Where nobody looks at a terminal, tables are as wide as they need, so that no number is broken over two lines.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


class Commands(click.Group):
    """A group whose commands end with a sentence and an exit code where one of our errors is raised."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except VouchError as error:
            click.echo(f"vouch: {error}", err=True)
            codes = (code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
            ctx.exit(next(codes, 1))


@contextmanager
def open_database(settings: Settings | None = None) -> Iterator[Connection[Any]]:
    """A checked connection that is not in a transaction; what is not committed is rolled back."""
    from vouch.database import check_server, connect

    settings = settings or load_settings()
    with connect(settings.database_url) as conn:
        check_server(conn)
        conn.commit()
        yield conn


def instant_of(text: str | None, option: str) -> datetime | None:
    """The instant given by an option, if it was. Raises Invalid with the option's name."""
    try:
        return None if text is None else parse_instant(text)
    except Invalid as error:
        raise Invalid(f"{option}: {error}") from error


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; columns whose name ends in `>` are numbers and stand to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        number = column.endswith(">")
        table.add_column(column.rstrip(">"), justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table if table.rows else f"{title}: none")


def progress_line(what: str) -> Callable[[int, int], None]:
    """A callback (done, total) that keeps one line up to date on a terminal and prints few lines elsewhere."""
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // max(total, 1)
        step = 1 if console.is_terminal else 20
        if percent // step == shown // step and done < total:
            return
        if percent == shown:
            return
        shown = percent
        end = "\n" if done >= total or not console.is_terminal else "\r"
        console.print(f"  {what}: {done:,} of {total:,} ({percent} %)", end=end)

    return show


def read_text(file: Path) -> str:
    """A file's text; one that is not UTF-8 is an error with its name."""
    from vouch.errors import Invalid

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8 text: {error}") from error


def say(line: str) -> None:
    """A line about what is being done."""
    console.print(f"  {line}", markup=False, soft_wrap=True)
