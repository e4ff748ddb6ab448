"""What throttling remembers."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.table import Table

from app.clock import new_id, now


class Attempt(Table):
    """One try at something that must not be tried without end."""

    id = UUID(primary_key=True, default=new_id)
    key = Varchar(length=100, index=True, help_text="What was tried, and by whom: a keyed hash, never an address.")
    at = Timestamptz(default=now, index=True)
