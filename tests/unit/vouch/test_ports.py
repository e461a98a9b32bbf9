"""Ports: one that was chosen is nobody else's, before anybody listens on it and while a service is away."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vouch.running.embedded.folder import Folder
from vouch.running.embedded.ports import Ports


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Folder, Folder]:
    return Folder.make(tmp_path / "one", ()), Folder.make(tmp_path / "two", ())


def test_a_port_is_held_until_it_is_released() -> None:
    ours, others = Ports(), Ports()
    port = ours.take_any()

    assert ours.take(port)
    assert not others.take(port)
    ours.release()
    assert others.take(port)
    others.release()


def test_a_port_that_somebody_listens_on_is_not_taken_and_not_held() -> None:
    ours, others = Ports(), Ports()
    port = ours.take_any()
    with socket.create_server(("127.0.0.1", port)):
        assert not ours.take(port)

    assert others.take(port)
    others.release()


def test_a_port_is_free_when_the_process_that_held_it_was_killed() -> None:
    script = (
        "from vouch.running.embedded.ports import Ports; held = Ports(); print(held.take_any(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port, ours = int(process.stdout.readline()), Ports()
        assert not ours.take(port)
        process.kill()

    assert ours.take(port)
    ours.release()


def test_two_folders_never_choose_the_same_port(folders: tuple[Folder, Folder]) -> None:
    first, second = folders
    with first.lock(), second.lock():
        port = first.port("web")
        second.remember_port("web", port)

        assert second.port("web") != port
    with second.lock():
        assert second.remember_port("web", port) == second.port("web") == port
