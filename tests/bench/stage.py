"""What the benches with a database share: a house of their own that is thrown away, and reps with many tracked mails in it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from tests import conftest as stage  # sets the environment first

from app import embedded, migrating, reactions  # isort: skip
from app.clock import new_id, now
from app.database import connected, together
from app.threads.filing import Sent, To, file_sent
from app.threads.tables import Message
from app.tracking.ledger import make_partitions
from tests import people

ROOT = stage.ROOT
LINKS = [{"url": f"https://brueckner.example/{number}", "words": f"Link {number}"} for number in range(5)]


@contextmanager
def house(*, durable: bool = False) -> Iterator[Path]:
    """An embedded database in a folder that is removed afterwards; without fsync unless it has to be durable."""
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ["NACHFASS_VAR"] = folder
        with embedded.postgresql(Path(folder) / "postgresql") as uri:
            os.environ["DATABASE_URL"] = uri
            if not durable:
                asyncio.run(stage.without_fsync(uri))
            yield Path(folder)


@asynccontextmanager
async def opened(size: int = 8) -> AsyncIterator[None]:
    """The pool, the tables, and what follows from what."""
    async with connected(size):
        await migrating.migrate()
        await make_partitions()
        reactions.wire()
        yield


async def mails_of(rep: people.Rep, count: int, ago: timedelta = timedelta(hours=2), **more: Any) -> list[Message]:
    """So many tracked mails, each to somebody else, ten to a company."""
    box = await people.mailbox(rep, address=f"{new_id()}@brueckner.example")
    made = []
    for number in range(count):
        to = To(f"anna.{new_id().hex}@kunde-{number // 10}-{rep.person.id.hex[:8]}.example", "Anna Weber")
        sent = Sent(
            id=new_id(), workspace=rep.workspace.id, person=rep.person.id, mailbox=box.id, to=[to], subject=f"Offer {number}", html="<p>Hello</p>",
            at=now() - ago, message_id=f"<{new_id()}@brueckner.example>", sender=box.address, links=LINKS,
            **{"opens_tracked": True, "clicks_tracked": True, **more},
        )  # fmt: skip
        async with together():
            made.append(await file_sent(sent))
    return made


async def asked(query: str, *values: object) -> Sequence[Any]:
    """Rows out of the database, over a connection of its own."""
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()
