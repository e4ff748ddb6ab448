"""Processes: the app and the sandbox under granian, stopped together."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

STOP_SECONDS = 5


def serve(target: str, host: str, port: int) -> None:
    """Serve an ASGI factory until the process is told to stop; open streams get a moment, then the worker is ended."""
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Another command of ours in a process of its own, ended when the block ends."""
    with subprocess.Popen([sys.executable, "-m", *arguments], env=dict(os.environ)) as process:  # noqa: S603 - our own modules
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
