"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was examined: well, not well, or (None) worth knowing."""

    what: str
    good: bool | None
    said: str
    todo: str = ""
