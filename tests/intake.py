"""An ingest process inside a test: the real one, in a thread, with what it serves over HTTP."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ingest.run import run_ingest
from vouch.running.embedded.ports import Ports
from vouch.settings import Settings, load_settings

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Running:
    """Ingest with its settings, which say where it answers."""

    settings: Settings

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        status, body = self._get("/healthz")
        return status, json.loads(body)

    def metrics(self) -> dict[tuple[str, str], float]:
        """Values by name and label (the reason, the bucket; empty where there is none)."""
        _, body = self._get("/metrics")
        return {
            (sample.name, next(iter(sample.labels.values()), "")): sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
        }

    def text(self, path: str) -> tuple[int, str]:
        """Status and answer of any page."""
        return self._get(path)

    def _get(self, path: str) -> tuple[int, str]:
        address = f"http://127.0.0.1:{self.settings.ingest_http_port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@contextmanager
def ingesting(database: str, mqtt_url: str, **chosen: Any) -> Iterator[Running]:
    """Ingest runs while the block does, once it has proven that it hears; `chosen` are settings, and maybe a `slot`."""
    slot = chosen.pop("slot", None)
    given = {"canary_seconds": 0.2, "mqtt_client_id": f"vouch-ingest-{next(_NUMBERS)}"} | chosen
    stopping = threading.Event()
    with free_port() as port, ThreadPoolExecutor(1) as threads:
        settings = load_settings(database_url=database, mqtt_url=mqtt_url, ingest_http_port=port, **given)
        running = Running(settings)
        done = threads.submit(run_ingest, settings, stopping, slot)
        try:
            assert wait_for(lambda: done.done() or hears(running)), "ingest does not hear"
            yield running
        finally:
            stopping.set()
        done.result()


def hears(running: Running) -> bool:
    """Whether a canary has come back lately."""
    try:
        _, health = running.healthz()
    except OSError:
        return False
    return bool(health["subscribed"]) and health["unproven_seconds"] < min(1.0, health["up_seconds"] / 2)


def wait_for(met: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether it is so in time."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            return met()
        time.sleep(0.05)
    return True


@contextmanager
def free_port() -> Iterator[int]:
    """A port nobody listens on, and that no other test is given while the block runs."""
    ports = Ports()
    try:
        yield ports.take_any()
    finally:
        ports.release()
