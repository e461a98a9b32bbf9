"""The portal's server: gunicorn inside this process, its log in ours.

Shell. Each worker opens its own pool after the fork. Limits on guessing are kept per worker.
"""

import atexit
import logging
import os
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from vouch.database import check_server, connect, open_pool
from vouch.settings import Settings
from web.app import NoSecretKey, create_app

log = logging.getLogger(__name__)

WORKERS: Final = 2
THREADS: Final = 2


def serve(settings: Settings) -> None:
    """Serve the portal at settings.web_host:web_port until told to stop. Raises Unavailable before it starts."""
    if not settings.secret_key:
        raise NoSecretKey
    log.info("portal serving", extra={"host": settings.web_host, "port": settings.web_port, "pid": os.getpid()})
    Server(settings).run()


class _OurLog(Logger):  # type: ignore[misc]
    """gunicorn's messages through the root logger, which set_up_logging has set up."""

    def setup(self, cfg: Any) -> None:
        """Without handlers of its own."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class Server(BaseApplication):  # type: ignore[misc]
    """One portal on one address. Raises Unavailable at once where the database is not fit."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with connect(settings.database_url, "vouch-web") as conn:
            check_server(conn)
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        chosen = {
            "bind": f"{self.settings.web_host}:{self.settings.web_port}",
            "workers": WORKERS,
            "threads": THREADS,
            "worker_class": "gthread",
            "timeout": 120,
            "graceful_timeout": 10,
            "proc_name": "vouch-web",
            "accesslog": None,
            "logger_class": _OurLog,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker after its fork."""
        pool = open_pool(self.settings.database_url, "vouch-web", size_max=THREADS + 1)
        atexit.register(pool.close)
        return create_app(self.settings, pool)
