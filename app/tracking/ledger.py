"""The months of the ledgers: made ahead of time, so that a hit never waits for a table."""

from app.database import monthly

LEDGERS = ("hit", "activity")


async def make_partitions() -> None:
    """This month and the next two, for every ledger. Called at every migration and daily."""
    for ledger in LEDGERS:
        await monthly(ledger)
