"""docs/api.md: its commands, run as they stand there against a portal that serves HTTP."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.access.credentials import list_with_password
from tests.world import REGISTRY
from vouch.authority import Authority, authority_folder
from vouch.database import connect
from vouch.running import up
from vouch.running.up import WEB, portal_address
from vouch.settings import Settings
from web.accounts.auth import add_account
from web.accounts.role import Role
from web.accounts.tokens import add_token

PAGE: Final = Path(__file__).parents[2] / "docs/api.md"
COMMANDS: Final = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def served(make_home: Callable[[], Path]) -> Iterator[Settings]:
    home = make_home()
    Authority.make(home / "ca", datetime.now(UTC)).certify_server(["localhost"], datetime.now(UTC))
    with up.embedded(home, (WEB,)) as settings:
        yield settings


def test_every_command_of_the_page_answers_as_the_page_says(served: Settings, tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    authority = Authority.open(authority_folder(served))
    with connect(served.database_url) as conn:
        add_account(conn, "plant@seller.example", "Plant control", Role.ACCOUNT_MANAGER, None, "a long enough password")
        token = add_token(conn, "plant@seller.example", "line 4", 1)
        conn.commit()
    given = {"VOUCH": portal_address(served), "TOKEN": token, "PATH": os.environ["PATH"]}

    answers: list[Any] = []
    accounts = []
    for command in COMMANDS:
        done = subprocess.run(
            ["sh", "-ec", command], cwd=tmp_path, env=given, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        answers.append(json.loads(done.stdout) if done.stdout else None)
        accounts.append("press-7" in list_with_password(served))

    applied, checked, listed, shown, added, removed, certified, revoked, rejections, replayed, balance = answers
    said = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)]
    assert (applied, listed) == (said[0], said[1])
    assert checked == {"changed": 0}
    assert shown["metrics"] == [{"name": "strokes", "kind": "counter", "unit": "C62", "last": None}]
    assert (added["user_name"], removed) == ("press-7", None)
    assert accounts == [False] * 4 + [True] + [False] * 6
    assert (certified["authority"], revoked) == (authority.pem(), None)
    assert (rejections["rejections"], replayed) == ([], {"stored": 0, "refused": 0, "next": None})
    assert balance["received"] == 0
