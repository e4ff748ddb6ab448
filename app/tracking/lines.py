"""Connections on which hits go to the ledger: each takes one batch at a time, and takes it at once.

A driver's coroutine begins with the loop's next round, after everything that came together with the hit. libpq sends in the middle of
such a crowd, so the database works while we look at the rest of it.
"""

import asyncio
from collections.abc import Callable, Sequence

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from app.database import COMMAND_SECONDS, address
from app.tracking.packing import Row, array

SPOILT_BY_A_HIT = ("22", "23")
"""Classes of errors (SQLSTATE) that speak of what was sent: a value that can't be, a hit that is there already."""
STORE = """
    WITH kept AS (
        INSERT INTO hit SELECT come.* FROM unnest($1::hit[]) AS come
        WHERE NOT EXISTS (SELECT FROM silence WHERE silence.id = come.message)
        {repeated} RETURNING id, workspace, at, message
    )
    INSERT INTO unjudged (id, workspace, at, message) SELECT id, workspace, at, message FROM kept
"""
STORE_NEW, STORE_AGAIN = b"store new hits", b"store hits again"
"""To look whether a hit is there already costs a tenth of the time, and of what has just come none is."""
STATEMENTS = {STORE_NEW: STORE.format(repeated=""), STORE_AGAIN: STORE.format(repeated="ON CONFLICT DO NOTHING")}


class NotStored(Exception):
    """What the database said instead of storing: its error's code and first sentence, never a value."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.speaks_of_a_hit = code.startswith(SPOILT_BY_A_HIT)


class Line:
    """One connection. Whoever sends hears once: nothing, or the error; after an error that is not the hits' the line is closed."""

    def __init__(self, connection: AsyncConnection[tuple[object, ...]], row_type: int) -> None:
        self.connection = connection
        self.libpq = connection.pgconn
        self.socket = self.libpq.socket  # libpq closes and forgets it by itself when the server hangs up
        self.row_type = row_type
        self.is_open = True
        self.loop = asyncio.get_running_loop()
        self.heard: Callable[[Exception | None], None] | None = None
        self.error: NotStored | None = None
        self.limit: asyncio.TimerHandle | None = None
        self.loop.add_reader(self.socket, self.read)

    def send(self, statement: bytes, rows: Sequence[Row], heard: Callable[[Exception | None], None]) -> None:
        """Set a batch off; `heard` is told when it is on disk, or why not."""
        self.heard, self.error = heard, None
        self.limit = self.loop.call_later(COMMAND_SECONDS, self.break_off, TimeoutError("The database did not answer."))
        try:
            self.libpq.send_query_prepared(statement, [array(rows, self.row_type)], param_formats=[1])
            if self.libpq.flush():
                self.loop.add_writer(self.socket, self.write)
        except psycopg.Error as error:
            self.break_off(error)

    def write(self) -> None:
        """What did not fit into the socket at once."""
        try:
            if not self.libpq.flush():
                self.loop.remove_writer(self.socket)
        except psycopg.Error as error:
            self.break_off(error)

    def read(self) -> None:
        try:
            self.libpq.consume_input()
            while not self.libpq.is_busy():
                result = self.libpq.get_result()
                if result is None:
                    self.over(self.error)
                    return
                self.error = self.error or refusal(result)
        except psycopg.Error as error:
            self.break_off(error)

    def over(self, error: Exception | None) -> None:
        heard, self.heard = self.heard, None
        if heard is not None:
            assert self.limit is not None  # set with `heard`
            self.limit.cancel()
            heard(error)

    def break_off(self, error: Exception) -> None:
        self.close()
        self.over(error)

    def cancel(self) -> None:
        self.heard = None
        self.close()

    def close(self) -> None:
        """At once, without a word to a server that may not listen."""
        if self.limit is not None:
            self.limit.cancel()
        if self.is_open:
            self.is_open = False
            self.loop.remove_reader(self.socket)
            self.loop.remove_writer(self.socket)
            self.libpq.finish()


def refusal(result: PGresult) -> NotStored | None:
    if result.status == ExecStatus.COMMAND_OK:
        return None
    code, sentence = (result.error_field(field) or b"" for field in (DiagnosticField.SQLSTATE, DiagnosticField.MESSAGE_PRIMARY))
    return NotStored(code.decode(), sentence.decode("utf-8", "replace"))


async def opened() -> Line:
    """A new connection, ready for hits."""
    connection = await AsyncConnection.connect(address(), autocommit=True, connect_timeout=COMMAND_SECONDS)
    try:
        await connection.execute("SET synchronous_commit = on")
        for name, statement in STATEMENTS.items():
            await connection.execute(f'PREPARE "{name.decode()}" (hit[]) AS {statement}')
        found = await connection.execute("SELECT 'hit'::regtype::oid::bigint")
        ((row_type,),) = await found.fetchall()
        connection.pgconn.nonblocking = 1
        return Line(connection, row_type)
    except BaseException:
        connection.pgconn.finish()
        raise
