"""The Jinja environment every page is rendered with."""

import re
from datetime import date as calendar_day
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine

from app.web import elsewhere, locale
from app.web.elsewhere import Elsewhere
from app.web.files import folder
from app.web.walls import zones

HUES = 6
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")


def environment() -> Environment:
    """Autoescaping, strict about unknown names, translating with the request's language."""
    made = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["told"] = told
    made.filters |= {"since": since, "clock": clock, "full": full, "day": day, "date": date, "size": size, "to_the_minute": to_the_minute}
    made.filters |= {"initials": initials, "hue": hue, "brand": brand, "for_them": for_them, "city": city}
    return made


@cache
def off_page() -> Environment:
    """The same for what is rendered without a request, such as mail."""
    return environment()


def engine() -> JinjaTemplateEngine:
    return JinjaTemplateEngine.from_environment(environment())


def language(context: Context) -> str:
    return str(context["language"])


def brand(provider: str) -> str:
    """What people call a kind of mailbox."""
    return provider.upper() if provider == "imap" else provider.title()


@pass_context
def gettext(context: Context, sentence: str) -> str:
    return locale.catalogue(language(context)).gettext(sentence)


@pass_context
def ngettext(context: Context, one: str, many: str, count: int) -> str:
    return locale.catalogue(language(context)).ngettext(one, many, count)


@pass_context
def told(context: Context, sentence: str, values: dict[str, Any] | None = None) -> str:
    """A sentence kept as data (a reason, a problem), in the reader's language; days (2026-03-16), moments (ISO 8601 with an offset), cities
    (by their zone) and countries (DE) among its values too."""
    spoken = language(context)
    return locale.translate(spoken, sentence, **{name: in_words(name, value, spoken, context["zone"]) for name, value in (values or {}).items()})


def in_words(name: str, value: Any, spoken: str, zone: ZoneInfo) -> Any:
    if name.endswith("country"):
        return locale.country(value, spoken)
    if name.endswith("city") and value in zones():
        return elsewhere.city(value, spoken)
    if isinstance(value, str) and ISO_MOMENT.fullmatch(value):
        return locale.moment_in_words(datetime.fromisoformat(value), zone, spoken)
    return day_in_words(value, spoken)


def day_in_words(value: Any, spoken: str) -> Any:
    """JSON knows no days."""
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        return value
    try:
        return locale.date_in_words(calendar_day.fromisoformat(value), spoken)
    except ValueError:
        return value


@pass_context
def since(context: Context, at: datetime) -> str:
    return locale.since(at, context["zone"], language(context))


@pass_context
def clock(context: Context, at: datetime) -> str:
    return locale.clock(at, context["zone"], language(context))


@pass_context
def to_the_minute(context: Context, at: datetime) -> str:
    return locale.to_the_minute(at, context["zone"], language(context))


@pass_context
def full(context: Context, at: datetime) -> str:
    return locale.full(at, context["zone"], language(context))


@pass_context
def day(context: Context, at: datetime) -> str:
    return locale.day(at, context["zone"], language(context))


@pass_context
def date(context: Context, at: datetime) -> str:
    return locale.date_in_words(at, language(context))


@pass_context
def for_them(context: Context, at: datetime, them: Elsewhere | None) -> str:
    """“17:00 for Anna in Tokyo”, where their clock shows another time than the reader's."""
    return them.shown(at, context["zone"].key, language(context)) if them else ""


@pass_context
def city(context: Context, zone: str) -> str:
    return elsewhere.city(zone, language(context))


@pass_context
def size(context: Context, octets: int) -> str:
    return locale.size(octets, language(context))


def initials(name: str) -> str:
    """AW for Anna Weber, A for anna@acme.com."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def hue(name: str) -> str:
    """One of six hues, the same for a name every time."""
    return f"h{sum(name.encode()) % HUES + 1}"
