"""Ports: choosing one that nobody has, and keeping it for as long as we run.

Shell. Seconds pass between choosing a port and listening on it, and again whenever a service is started anew.
Meanwhile an abstract Unix socket named after the port tells every other `vouch up` of this machine that it is taken;
the kernel frees it however we die.
"""

import random
import socket
from collections.abc import Collection
from typing import Final

from vouch.errors import Unavailable

LOOPBACK: Final = "127.0.0.1"

# Below the range from which the kernel takes the ports of outgoing connections, or one of those could hold ours.
_PORTS: Final = range(15_000, 32_000)
_ATTEMPTS_MAX: Final = 500


class Ports:
    """The ports that are ours until they are released."""

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def take(self, port: int, host: str = LOOPBACK) -> bool:
        """Whether the port is ours from now on: nobody listens there, and no other vouch holds it."""
        if port not in self._held:
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0vouch-port-{port}")
            except OSError:
                claim.close()
                return False
            self._held[port] = claim
        if is_free(host, port):
            return True
        self._held.pop(port).close()
        return False

    def take_any(self, but: Collection[int] = ()) -> int:
        """A free loopback port that is ours from now on and none of `but`."""
        for port in random.sample(_PORTS, _ATTEMPTS_MAX):
            if port not in but and port not in self._held and self.take(port):
                return port
        raise Unavailable(f"no free port on {LOOPBACK} from {_PORTS.start} to {_PORTS.stop}")

    def release(self) -> None:
        """Give all back."""
        while self._held:
            self._held.popitem()[1].close()


def is_free(host: str, port: int) -> bool:
    """Whether we could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers do it: connections that are only waiting to be forgotten do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True
