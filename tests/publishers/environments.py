"""Environments of the devices that others wrote: one each, made from its own hashed lock when a test asks.

They stand in .vouch/publishers and are made anew when the lock changes. None of these packages is vouch's.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = _ROOT / "requirements" / "publishers"
_HOME: Final = _ROOT / ".vouch" / "publishers"
_INSTALL_SECONDS_MAX: Final = 300


def python_of(name: str) -> Path:
    """The interpreter of the environment that requirements/publishers/`name`.txt describes."""
    return _made(name, LOCKS / f"{name}.txt", _make) / "bin" / "python"


def node_modules_of(name: str) -> Path:
    """The packages of requirements/publishers/`name`/package-lock.json, for Node.js."""
    return _made(name, LOCKS / name / "package-lock.json", _make_node) / "node_modules"


def _made(name: str, lock: Path, make: Callable[[Path, Path], None]) -> Path:
    folder, stamp = _HOME / name, _HOME / name / "made-from"
    wanted = sha256(lock.read_bytes()).hexdigest()
    _HOME.mkdir(parents=True, exist_ok=True)
    with (_HOME / f"{name}.lock").open("a") as turn:
        # Two runs of the tests in one checkout take turns.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            make(folder, lock)
            stamp.write_text(wanted)
    return folder


def _make(folder: Path, lock: Path) -> None:
    ours = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
    # What has no wheel is built by the setuptools of our own lock, so that nothing is fetched unchecked.
    hashed = ("--require-hashes", "--no-deps", "--no-build-isolation", "-r", str(lock))
    _run(*ours, "wheel", *hashed, "--wheel-dir", str(folder / "wheels"))
    # Our own pip installs into it: an environment without one is made in a tenth of the time.
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    wheels = map(str, sorted((folder / "wheels").glob("*.whl")))
    _run(*ours, "--python", str(folder / "bin" / "python"), "install", "--no-index", "--no-deps", *wheels)


def _make_node(folder: Path, lock: Path) -> None:
    folder.mkdir()
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, folder)
    _run("npm", "ci", "--no-fund", "--no-audit", "--ignore-scripts", "--prefix", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS_MAX)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
