"""Languages, and times as people say them. Sentences are English in the code; the catalogues translate them."""

from datetime import UTC, date, datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, negotiate_locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from litestar.connection import ASGIConnection

from app.clock import now
from app.web.files import LOCALES

LANGUAGES = ("en", "de")
COOKIE = "language"
Connection = ASGIConnection[Any, Any, Any, Any]


def N_(sentence: str) -> str:
    """Mark a sentence for the catalogues without translating it yet."""
    return sentence


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language, read from its .po file."""
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        messages = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


def translate(language: str, sentence: str, **values: object) -> str:
    """A catalogue sentence in a language, with its places filled."""
    return (catalogue(language).gettext(sentence) if sentence else "") % values


def language_of(connection: Connection) -> str:
    """The signed-in person's language, else what the visitor chose, else what their browser asks for."""
    known = connection.scope.get("state", {}).get("language")
    chosen = known or connection.query_params.get("lang") or connection.cookies.get(COOKIE)
    return str(chosen) if chosen in LANGUAGES else preferred(connection.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4)."""
    wishes = (part.partition(";q=") for part in header.replace(" ", "").split(","))
    ranked = sorted(((weight(q), tag) for tag, _, q in wishes if tag), reverse=True, key=lambda wish: wish[0])
    return negotiate_locale([tag for _, tag in ranked], LANGUAGES, sep="-") or LANGUAGES[0]


def weight(quality: str) -> float:
    try:
        return float(quality or 1)
    except ValueError:
        return 0.0


def zone_of(connection: Connection) -> ZoneInfo:
    """The signed-in person's time zone; UTC for a visitor."""
    return ZoneInfo(connection.scope.get("state", {}).get("zone") or "UTC")


def on_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows then. By way of UTC: a time that the clock skips is a time in this zone already, and would stay as it is."""
    return at.astimezone(UTC).astimezone(zone)


def since(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“just now”, “6 min” within the hour, then the clock, then the day: how look.md wants times."""
    seconds = (now() - at).total_seconds()
    local, today = on_wall(at, zone), now().astimezone(zone)
    if -60 < seconds < 60:
        return translate(language, N_("just now"))
    if 0 <= seconds < 3600:
        return translate(language, N_("%(minutes)d min"), minutes=seconds // 60)
    if local.date() == today.date():
        return clock(at, zone, language)
    if abs((today.date() - local.date()).days) < 7:
        return f"{format_date(local, 'EEE', locale=language)} {clock(at, zone, language)}"
    return format_date(local, dated(language, "d MMM" if local.year == today.year else "d MMM yyyy"), locale=language)


def clock(at: datetime, zone: ZoneInfo, language: str) -> str:
    """14:32, in every language."""
    return format_time(on_wall(at, zone), "HH:mm", locale=language)


def full(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Day and time in full, for titles."""
    return format_datetime(on_wall(at, zone), dated(language, "EEEE, d MMMM yyyy, HH:mm:ss"), locale=language)


def to_the_minute(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“Tuesday, 17 March 2026, 09:00”: for a moment that is about to be saved."""
    return format_datetime(on_wall(at, zone), dated(language, "EEEE, d MMMM yyyy, HH:mm"), locale=language)


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“Monday, 9 March” (“Montag, 9. März”); in another year with the year."""
    local = on_wall(at, zone)
    same = local.year == now().astimezone(zone).year
    return format_date(local, dated(language, "EEEE, d MMMM" if same else "EEEE, d MMMM yyyy"), locale=language)


def moment_in_words(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“Monday, 9 March, 09:12”, for sentences."""
    return f"{day(at, zone, language)}, {clock(at, zone, language)}"


def coming(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“today at 17:30”, “tomorrow at 09:12”, “on Monday, 9 March at 09:12”: for what is going to happen."""
    days = (on_wall(at, zone).date() - now().astimezone(zone).date()).days
    sentence = {0: N_("today at %(time)s"), 1: N_("tomorrow at %(time)s")}.get(days, N_("on %(day)s at %(time)s"))
    return translate(language, sentence, day=day(at, zone, language), time=clock(at, zone, language))


def number(value: int, language: str) -> str:
    """2,000 (2.000)."""
    return format_decimal(value, locale=language)


def date_in_words(at: date, language: str) -> str:
    """“9 March” (“9. März”), for sentences."""
    return format_date(at, dated(language, "d MMMM"), locale=language)


def dated(language: str, pattern: str) -> str:
    """A pattern of ours in a language: German puts a full stop behind the day."""
    return pattern.replace("d M", "d. M") if language == "de" else pattern


def size(octets: int, language: str) -> str:
    """412 KB, 1.8 MB (decimal, as mail programs show them)."""
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))} KB"
    return f"{octets / 1_000_000:.1f} MB".replace(".", Locale.parse(language).number_symbols["latn"]["decimal"])


def country(code: str, language: str) -> str:
    """The country behind its two letters (ISO 3166-1), as people call it."""
    return str(Locale.parse(language).territories.get(code, code))
