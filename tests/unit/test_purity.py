"""Purity is said once, in a module's docstring, and held here."""

from pathlib import Path
from typing import Final

import pytest

from tests.purity import impurities

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("vouch", "ingest", "contracts", "billing", "web", "device_sim")


def test_every_module_says_whether_it_is_pure_and_is() -> None:
    assert list(impurities(ROOT, PACKAGES)) == []


MADE_UP: Final = {
    "imports a shell": (
        "from made.shell import fetch",
        "made.pure is pure and imports made.shell, a shell",
    ),
    "imports a shell as a whole, inside a function": (
        "def late():\n    from made import shell",
        "made.pure is pure and imports made.shell, a shell",
    ),
    "imports socket": ("import socket", "made.pure is pure and imports socket"),
    "imports a library that nobody vouched for": (
        "from requests import get",
        "made.pure is pure and imports requests.get",
    ),
    "asks the clock": (
        "from datetime import UTC, datetime\nnow = datetime.now(UTC)",
        "made.pure is pure and asks datetime.now",
    ),
    "asks the clock by the module's name": (
        "import datetime\ntoday = datetime.date.today()",
        "made.pure is pure and asks datetime.date.today",
    ),
    "asks the clock by another name": (
        "from datetime import UTC, datetime as moment\nnow = moment.now(UTC)",
        "made.pure is pure and asks moment.now",
    ),
    "makes up an id": ("from uuid import uuid4", "made.pure is pure and imports uuid.uuid4"),
    "asks the environment": ("from os import environ", "made.pure is pure and imports os.environ"),
    "opens a file": ("text = open('readings.csv').read()", "made.pure is pure and calls open"),
}


def tree(root: Path, pure: str, says: str = "Pure.") -> Path:
    """A package of one shell and one module that says what it is told to."""
    package = root / "made"
    package.mkdir()
    (package / "__init__.py").write_text('"""Made up."""\n')
    (package / "shell.py").write_text(
        '"""Fetches.\n\nShell.\n"""\n\nimport socket\n\nfetch = socket.create_connection\n'
    )
    (package / "pure.py").write_text(f'"""Computes.\n\n{says}\n"""\n\n{pure}\n')
    return root


@pytest.mark.parametrize(("code", "fault"), MADE_UP.values(), ids=MADE_UP)
def test_a_pure_module_may_not(code: str, fault: str, tmp_path: Path) -> None:
    assert list(impurities(tree(tmp_path, code), ["made"])) == [fault]


def test_a_module_that_says_neither_word_is_found(tmp_path: Path) -> None:
    assert list(impurities(tree(tmp_path, "x = 1", says="It is good."), ["made"])) == [
        "made.pure says neither Pure nor Shell"
    ]


def test_a_pure_module_may_compute(tmp_path: Path) -> None:
    code = "from datetime import datetime\n\ndef later(now: datetime) -> datetime:\n    return now"

    assert list(impurities(tree(tmp_path, code), ["made"])) == []
