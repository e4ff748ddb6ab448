"""Hits as PostgreSQL reads them: rows of the ledger in its binary form (`array_recv` and `record_recv` in its sources).

A hit becomes a row as it arrives and is one until the database has it: that costs us less than an object with a value for each column,
and to read it costs the database less than JSON or twelve arrays.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct
from uuid import UUID

import msgspec

from app.clock import MICROSECOND

Row = bytes
"""One hit: its length, then a value for each column of the ledger."""
INTEGER, UUID_TYPE, TIMESTAMPTZ, VARCHAR, JSONB = 23, 2950, 1184, 1043, 3802
"""What PostgreSQL calls these types (pg_type.oid)."""
FIRST_FIVE = Struct(">iiIi16sIi16sIiqIi16sIii")
"""The row's length after this number, how many columns, then each column's type, length and value: id, workspace, at, message, link."""
ARRAY = Struct(">iiIii")
TYPE_AND_LENGTH = Struct(">Ii")
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_MICROSECONDS = int(EPOCH.timestamp()) * 1_000_000
JSONB_VERSION = b"\1"
JSON = msgspec.json.Encoder()


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A hit as it came, with the names of the ledger's columns in their order."""

    id: UUID
    workspace: UUID
    at: datetime
    message: UUID
    link: int
    kind: str
    method: str
    user_agent: str
    headers: dict[str, str]
    network: str
    role: str
    country: str


COLUMNS = len(Arrival.__struct_fields__)
LENGTH_OCTETS = 4


def row(
    of: bytes, workspace: bytes, microseconds: int, message: bytes, link: int,
    kind: str, method: str, agent: str, headers: Mapping[str, str], place: tuple[str, str, str],
) -> Row:  # fmt: skip
    """A hit, its ids as 16 octets, its moment in microseconds since 1970 (UTC), its place as network, role and country."""
    rest = b"".join((words(kind, method), varchar(agent), column(JSONB, JSONB_VERSION + JSON.encode(headers)), words(*place)))
    return FIRST_FIVE.pack(
        FIRST_FIVE.size - LENGTH_OCTETS + len(rest), COLUMNS, UUID_TYPE, 16, of, UUID_TYPE, 16, workspace,
        TIMESTAMPTZ, 8, microseconds - EPOCH_MICROSECONDS, UUID_TYPE, 16, message, INTEGER, 4, link,
    ) + rest  # fmt: skip


@lru_cache(1024)
def words(*texts: str) -> bytes:
    """Columns whose values come again and again."""
    return b"".join(varchar(text) for text in texts)


def varchar(text: str) -> bytes:
    return column(VARCHAR, text.encode())


def column(kind: int, octets: bytes) -> bytes:
    return TYPE_AND_LENGTH.pack(kind, len(octets)) + octets


def packed(one: Arrival) -> Row:
    microseconds = (one.at - EPOCH) // MICROSECOND + EPOCH_MICROSECONDS
    return row(
        one.id.bytes, one.workspace.bytes, microseconds, one.message.bytes, one.link,
        one.kind, one.method, one.user_agent, one.headers, (one.network, one.role, one.country),
    )  # fmt: skip


def unpacked(one: Row) -> Arrival:
    _, _, _, _, of, _, _, workspace, _, _, at, _, _, message, _, _, link = FIRST_FIVE.unpack_from(one)
    kind, method, agent, headers, network, role, country = values(one, FIRST_FIVE.size)
    return Arrival(
        UUID(bytes=of), UUID(bytes=workspace), EPOCH + at * MICROSECOND, UUID(bytes=message), link, kind.decode(), method.decode(), agent.decode(),
        msgspec.json.decode(headers[len(JSONB_VERSION) :], type=dict[str, str]), network.decode(), role.decode(), country.decode(),
    )  # fmt: skip


def values(one: Row, start: int) -> Iterator[bytes]:
    while start < len(one):
        _, length = TYPE_AND_LENGTH.unpack_from(one, start)
        start += TYPE_AND_LENGTH.size + length
        yield one[start - length : start]


def array(rows: Sequence[Row], row_type: int) -> bytes:
    """An array of rows of that type, which is another number in every database: `'hit'::regtype::oid`."""
    return ARRAY.pack(1, 0, row_type, len(rows), 1) + b"".join(rows)
