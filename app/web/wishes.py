"""What somebody asks for when they ask to be reminded, as it is kept until it is reckoned: a span, a date or words, and by whose clock.

Written as RFC 9557 writes a zone: `3d`, `3d[them]`, `2026-03-17T09:00[Europe/Berlin]`, `2026-03-17T09:00[them]`.
"""

import re
from dataclasses import dataclass

from app.web.walls import zones

CLOCK = re.compile(r"(.*)\[([\w/+-]{1,64})\]", re.DOTALL)
THEM = "them"


@dataclass(frozen=True)
class Wish:
    """`text` is what was chosen or typed; `clock` is empty for whoever asks, THEM for the recipient, else the zone in which it was asked."""

    text: str
    clock: str = ""

    @classmethod
    def read(cls, kept: str) -> "Wish":
        """Brackets with anything else in them are part of the text, and the text then means nothing."""
        found = CLOCK.fullmatch(kept)
        return cls(found[1], found[2]) if found and (found[2] == THEM or found[2] in zones()) else cls(kept)

    def __str__(self) -> str:
        return f"{self.text}[{self.clock}]" if self.text and self.clock else self.text

    @property
    def is_by_them(self) -> bool:
        return self.clock == THEM
