"""Health: /healthz and /metrics of an ingest process, over HTTP.

Shell. For supervisors and Prometheus on a network that may be trusted: it shows counts and no data, and takes nothing.
"""

import json
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST

from ingest.vitals import Health, Status
from vouch.errors import Unavailable

log = logging.getLogger(__name__)

_REQUEST_SECONDS_MAX: Final = 5
_REQUESTS_MAX: Final = 8


class HealthPortTaken(Unavailable):
    """The port that settings give to /healthz and /metrics cannot be had."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"ingest cannot serve /healthz and /metrics at {host}:{port} ({reason}): set VOUCH_INGEST_HTTP_PORT to "
            "another port, or to 0"
        )


class HealthServer:
    """Answers in threads of its own, few at a time. Raises HealthPortTaken."""

    def __init__(self, host: str, port: int, health: Callable[[], Health], metrics: Callable[[], bytes]) -> None:
        try:
            self._server = _Server((host, port), _Handler)
        except OSError as error:
            raise HealthPortTaken(host, port, error.strerror or str(error)) from error
        self._server.health = health
        self._server.metrics = metrics
        self._thread = threading.Thread(target=self._server.serve_forever, name="vouch-health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    health: Callable[[], Health]
    metrics: Callable[[], bytes]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._places = threading.BoundedSemaphore(_REQUESTS_MAX)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Refuse who comes while all places are taken: each is free again within seconds."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_SECONDS_MAX
    protocol_version = "HTTP/1.1"
    server_version = "vouch"
    sys_version = ""

    def do_GET(self) -> None:
        """The two pages."""
        if self.path == "/healthz":
            health = self.server.health()
            well = health.status is not Status.FAILING
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(health.as_json(), indent=2).encode() + b"\n")
        elif self.path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, self.server.metrics())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/healthz and /metrics are here\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        # One request a connection: an idle one must not keep a place.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are not worth a line each."""
        log.debug("health asked", extra={"request": format % args})
