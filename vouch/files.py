"""Files that several processes read and change: replaced as a whole, and changed by one at a time.

Shell.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vouch.errors import Unavailable


class NotOurFile(Unavailable):
    """A file belongs to another user, so that we could not leave it as it was."""

    def __init__(self, path: Path, owner: int) -> None:
        super().__init__(f"{path} belongs to user number {owner}; run this as that user or as root")


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write the whole file or leave it alone. Raises NotOurFile, OSError.

    Owner and mode stay as they were; a new file belongs to its folder's owner and has `mode`.
    """
    known = path if path.exists() else path.parent
    owner = known.stat()
    if os.geteuid() not in (0, owner.st_uid):
        raise NotOurFile(known, owner.st_uid)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchown(handle, owner.st_uid, owner.st_gid)
            os.fchmod(handle, owner.st_mode & 0o777 if path.exists() else mode)
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def turn_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two writers at once would each drop what the other has added."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
