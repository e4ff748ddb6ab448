"""The second clock: what time it is for somebody somewhere else, said only where it is another time than the reader's."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone, get_timezone_location

from app.web.locale import N_, clock, translate
from app.web.walls import differ

OF_SOMEBODY, OF_A_PLACE = N_("%(time)s for %(who)s in %(city)s"), N_("%(time)s in %(city)s")


@dataclass(frozen=True)
class Elsewhere:
    """Somebody's name, as it is said in a line (empty for a place alone), and their time zone (empty if nobody knows)."""

    who: str
    zone: str

    def shown(self, at: datetime, reader: str, language: str) -> str:
        """“17:00 for Anna in Tokyo”, with the day where it is another one (“Wed 01:00 …”); empty where both clocks show the same."""
        if not self.zone or not differ(at, self.zone, reader):
            return ""
        time, there = clock(at, ZoneInfo(self.zone), language), at.astimezone(ZoneInfo(self.zone))
        if there.date() != at.astimezone(ZoneInfo(reader)).date():
            time = f"{format_date(there, 'EEE', locale=language)} {time}"
        return translate(language, OF_SOMEBODY if self.who else OF_A_PLACE, time=time, who=self.who, city=city(self.zone, language))


def city(zone: str, language: str) -> str:
    """Tokyo (Tokio), as CLDR calls the place that a zone is named for."""
    return str(get_timezone_location(get_timezone(zone), locale=language, return_city=True)).rpartition("/")[2].replace("_", " ")


def said_name(name: str, address: str) -> str:
    """What somebody is called in a line that has little room: the first name where it stands first, else all of it."""
    first, _, rest = name.partition(" ")
    return first if rest and first.isalpha() and first not in ("Herr", "Frau", "Mr", "Mrs", "Ms", "Dr", "Prof") else name or address
