"""Where hits wait while the database does not answer: append-only files, each held by the process that writes it.

A lock of the operating system (flock) says who is alive: a file that can be locked belongs to nobody any more, and anyone may bring it in.
"""

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import BufferedRandom
from pathlib import Path
from time import monotonic
from zlib import crc32

import msgspec
import structlog

from app.clock import new_id
from app.tracking.packing import JSON, Arrival, Row, packed, unpacked

log = structlog.get_logger()

LIFE_SECONDS = 3.0
"""A file is written for so long; then it is closed, and can be brought in."""


class Spool:
    """The files of one process. Its methods block until the disk has it: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file: BufferedRandom | None = None
        self.since = 0.0
        self.lock = threading.Lock()

    def write(self, rows: Sequence[Row]) -> None:
        with self.lock:
            if self.file is None or monotonic() - self.since > LIFE_SECONDS:
                self.renew()
            append(self.file, rows)

    def renew(self) -> None:
        """A new file, locked before it gets the name by which others look for files."""
        self.shut()
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self.folder / f"{new_id()}.hits"
        file = name.with_suffix(".new").open("x+b")
        fcntl.flock(file, fcntl.LOCK_EX)
        name.with_suffix(".new").rename(name)
        sync_folder(self.folder)
        self.file, self.since = file, monotonic()

    def rest(self) -> None:
        """Let go of a file that has been written for long enough."""
        with self.lock:
            if monotonic() - self.since > LIFE_SECONDS:
                self.shut()

    def close(self) -> None:
        with self.lock:
            self.shut()

    def shut(self) -> None:
        if self.file is not None:
            file, self.file = self.file, None
            file.close()

    def set_aside(self, refused: Sequence[Row]) -> None:
        """Keep what the database refuses, for the operator to look at."""
        if refused:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "refused.jsonl").open("a+b") as file:
                append(file, refused)


class Spooled:
    """A closed file in our hands."""

    def __init__(self, path: Path, file: BufferedRandom) -> None:
        self.path = path
        self.rows = [row for line in file if line.strip() and (row := unframed(line, path.name))]

    def done(self) -> None:
        self.path.unlink()


def append(file: BufferedRandom | None, rows: Sequence[Row]) -> None:
    """On disk when this returns. It begins with a line break, so that a line torn by a full disk spoils only itself."""
    if file is None:
        raise OSError("The spool has no file.")
    file.write(b"\n" + b"".join(framed(row) for row in rows))
    file.flush()
    os.fsync(file.fileno())


def framed(row: Row) -> bytes:
    """A checksum and the hit as JSON, on one line: an operator may have to read it, and another version of ours."""
    body = JSON.encode(unpacked(row))
    return b"%08x %s\n" % (crc32(body), body)


def unframed(line: bytes, name: str) -> Row | None:
    """The hit on a line; a torn one was never answered, so leaving it out loses nothing that was promised."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % crc32(body):
        log.warning("A torn line in the spool was left out", file=name)
        return None
    return packed(msgspec.json.decode(body, type=Arrival))


def closed_spools(folder: Path) -> Iterator[AbstractContextManager[Spooled]]:
    """Every file that nobody writes any more, oldest first; each is ours while its block runs."""
    for path in sorted(folder.glob("*.hits")):
        file = locked(path)
        if file is not None:
            yield ours(path, file)


@contextmanager
def ours(path: Path, file: BufferedRandom) -> Iterator[Spooled]:
    with file:
        yield Spooled(path, file)


def locked(path: Path) -> BufferedRandom | None:
    """The file, if it can be locked and nobody brought it in while we waited."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    if os.fstat(file.fileno()).st_nlink == 0:
        file.close()
        return None
    return file


def sync_folder(folder: Path) -> None:
    """Make the name of a new file as durable as its content (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
