"""Hits as PostgreSQL reads them: an array of rows of the ledger, in its binary form (`array_recv` and `record_recv` in its sources).

To read it costs the database less than JSON or twelve arrays, and to write it costs us less than the driver's own way through its codecs.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct

from app.tracking.spooling import Arrival, headers_as_json

COLUMNS = len(Arrival.__struct_fields__)
INTEGER, UUID, TIMESTAMPTZ, VARCHAR, JSONB = 23, 2950, 1184, 1043, 3802
"""What PostgreSQL calls these types (pg_type.oid)."""
FIRST_FIVE = Struct(">i" + "Ii16s" * 2 + "Iiq" + "Ii16s" + "Iii")
"""How many columns, then each column's type, length and value: id, workspace, at, message, link."""
ARRAY = Struct(">iiIii")
TYPE_AND_LENGTH, TYPE_LENGTH_AND_VERSION, LENGTH = Struct(">Ii"), Struct(">Iib"), Struct(">i")
EPOCH, MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
JSONB_VERSION = 1


def packed(arrivals: Sequence[Arrival], row_type: int) -> bytes:
    """An array of rows of that type, which is another number in every database: `'hit'::regtype::oid`."""
    return ARRAY.pack(1, 0, row_type, len(arrivals), 1) + b"".join([row(arrival) for arrival in arrivals])


def row(one: Arrival) -> bytes:
    first = FIRST_FIVE.pack(
        COLUMNS, UUID, 16, one.id.bytes, UUID, 16, one.workspace.bytes, TIMESTAMPTZ, 8, (one.at - EPOCH) // MICROSECOND,
        UUID, 16, one.message.bytes, INTEGER, 4, one.link,
    )  # fmt: skip
    headers = headers_as_json(one)
    body = b"".join((
        first, words(one.kind, one.method), varchar(one.user_agent),
        TYPE_LENGTH_AND_VERSION.pack(JSONB, len(headers) + 1, JSONB_VERSION), headers,
        words(one.network, one.role, one.country),
    ))  # fmt: skip
    return LENGTH.pack(len(body)) + body


@lru_cache(1024)
def words(*texts: str) -> bytes:
    """Columns whose values come again and again."""
    return b"".join(varchar(text) for text in texts)


def varchar(text: str) -> bytes:
    octets = text.encode()
    return TYPE_AND_LENGTH.pack(VARCHAR, len(octets)) + octets
