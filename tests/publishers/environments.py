"""Virtual environments of the devices that others wrote: one each, made from its own hashed lock when a test asks.

They stand in .vouch/publishers and are made anew when the lock changes. None of these packages is vouch's.
"""

import fcntl
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = _ROOT / "requirements" / "publishers"
_HOME: Final = _ROOT / ".vouch" / "publishers"
_INSTALL_SECONDS_MAX: Final = 300


def python_of(name: str) -> Path:
    """The interpreter of the environment that requirements/publishers/`name`.txt describes."""
    folder, stamp = _HOME / name, _HOME / name / "made-from"
    wanted = sha256((LOCKS / f"{name}.txt").read_bytes()).hexdigest()
    _HOME.mkdir(parents=True, exist_ok=True)
    with (_HOME / f"{name}.lock").open("a") as turn:
        # Two runs of the tests in one checkout take turns.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, LOCKS / f"{name}.txt")
            stamp.write_text(wanted)
    return folder / "bin" / "python"


def _make(folder: Path, lock: Path) -> None:
    ours = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
    # What has no wheel is built by the setuptools of our own lock, so that nothing is fetched unchecked.
    hashed = ("--require-hashes", "--no-deps", "--no-build-isolation", "-r", str(lock))
    _run(*ours, "wheel", *hashed, "--wheel-dir", str(folder / "wheels"))
    # Our own pip installs into it: an environment without one is made in a tenth of the time.
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    wheels = map(str, sorted((folder / "wheels").glob("*.whl")))
    _run(*ours, "--python", str(folder / "bin" / "python"), "install", "--no-index", "--no-deps", *wheels)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS_MAX)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
