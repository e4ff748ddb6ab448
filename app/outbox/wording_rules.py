"""Rules of recurring mail as people say them: made from a form of choices, and told in words."""

from dataclasses import dataclass, replace
from datetime import datetime

from babel.dates import get_day_names

from app.errors import Refused
from app.outbox.recurring import MOST, parts_of
from app.web.locale import N_, date_in_words, translate
from app.web.walls import Wall

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = "MO,TU,WE,TH,FR"
ONCE, DAILY, WEEKLY, MONTHLY, YEARLY, OWN = "", "daily", "weekly", "monthly", "yearly", "own"
ON_DAY, LAST_DAY, FIRST_WORKDAY, LAST_WORKDAY, ON_WEEKDAY = "day", "last_day", "first_workday", "last_workday", "weekday"
NEVER, ON, AFTER = "never", "on", "after"

EVERY = {
    "DAILY": (N_("every day"), N_("every %(n)s days")),
    "WEEKLY": (N_("every week on %(days)s"), N_("every %(n)s weeks on %(days)s")),
    "MONTHLY": (N_("every month"), N_("every %(n)s months")),
    "YEARLY": (N_("every year on %(date)s"), N_("every %(n)s years on %(date)s")),
}
IN_MONTH = {
    "BYMONTHDAY=-1": N_("on the last day"),
    f"BYDAY={WORKDAYS};BYSETPOS=1": N_("on the first working day"),
    f"BYDAY={WORKDAYS};BYSETPOS=-1": N_("on the last working day"),
}
NTH = {
    "1": N_("on the first %(weekday)s"), "2": N_("on the second %(weekday)s"), "3": N_("on the third %(weekday)s"),
    "4": N_("on the fourth %(weekday)s"), "-1": N_("on the last %(weekday)s"),
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """How often, as the form has it. `every`, `count` and `until` as they were typed."""

    repeats: str = ONCE
    every: str = "1"
    days: tuple[str, ...] = ()
    monthly: str = ON_DAY
    ends: str = NEVER
    until: str = ""
    count: str = ""
    rule: str = ""


def rule_of(wish: Wish, starts: Wall) -> str:
    """The choices as a rule; a rule that was typed as it is. It is still to be checked."""
    if wish.repeats == OWN:
        return wish.rule
    if wish.repeats not in (DAILY, WEEKLY, MONTHLY, YEARLY):
        raise Refused("Choose how often this mail recurs.", field="repeats")
    every = numbered(wish.every, "every")
    parts = [f"FREQ={wish.repeats.upper()}", *([f"INTERVAL={every}"] if every > 1 else []), *by(wish, starts.at), *until(wish)]
    return ";".join(parts)


def by(wish: Wish, first: datetime) -> list[str]:
    if wish.repeats == WEEKLY:
        days = [day for day in DAYS if day in wish.days] or [DAYS[first.weekday()]]
        return [f"BYDAY={','.join(days)}"]
    if wish.repeats == MONTHLY:
        return in_month(wish.monthly, first)
    return []


def in_month(choice: str, first: datetime) -> list[str]:
    if choice == LAST_DAY:
        return ["BYMONTHDAY=-1"]
    if choice in (FIRST_WORKDAY, LAST_WORKDAY):
        return [f"BYDAY={WORKDAYS}", f"BYSETPOS={1 if choice == FIRST_WORKDAY else -1}"]
    if choice == ON_WEEKDAY:
        return [f"BYDAY={nth(first)}{DAYS[first.weekday()]}"]
    return [f"BYMONTHDAY={first.day}"]


def nth(day: datetime) -> int:
    """Which of its weekday in the month; what may be the fifth is the last."""
    number = (day.day - 1) // 7 + 1
    return number if number < 5 else -1


def until(wish: Wish) -> list[str]:
    if wish.ends == AFTER:
        return [f"COUNT={numbered(wish.count, 'count')}"]
    if wish.ends != ON:
        return []
    try:
        return [f"UNTIL={datetime.strptime(wish.until, '%Y-%m-%d'):%Y%m%d}"]
    except ValueError:
        raise Refused("Choose the last day on which this mail may go out.", field="until") from None


def numbered(text: str, field: str) -> int:
    if not (text.strip().isdecimal() and 1 <= int(text) <= MOST):
        raise Refused("“%(text)s” is no number from 1 to %(most)d.", field=field, text=text[:20], most=MOST)
    return int(text)


def wish_of(rule: str, starts: Wall) -> Wish:
    """The choices that stand for a rule, to be changed; a rule that none stand for is shown as it is."""
    parts = parts_of(rule)
    repeats = parts.get("FREQ", "").lower()
    ends = AFTER if "COUNT" in parts else ON if "UNTIL" in parts else NEVER
    last = parts.get("UNTIL", "")
    wish = Wish(repeats, parts.get("INTERVAL", "1"), tuple(parts.get("BYDAY", "").split(",")) if repeats == WEEKLY else (), ON_DAY, ends,
                f"{last[:4]}-{last[4:6]}-{last[6:8]}" if last else "", parts.get("COUNT", ""))  # fmt: skip
    ways = (replace(wish, monthly=way) for way in (ON_DAY, LAST_DAY, FIRST_WORKDAY, LAST_WORKDAY, ON_WEEKDAY))
    return next((way for way in ways if repeats in (DAILY, WEEKLY, MONTHLY, YEARLY) and rule_of(way, starts) == rule), Wish(OWN, rule=rule))


def in_words(rule: str, starts: Wall, language: str) -> str:
    """“every 2 weeks on Tuesday, 10 times”; a rule that no choice stands for is told as it is."""
    parts = parts_of(rule)
    said = frequency(parts, starts.at, language)
    return said + ending(parts, language) if said else rule


def frequency(parts: dict[str, str], first: datetime, language: str) -> str:
    kept = {name: value for name, value in parts.items() if name not in ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST")}
    how = parts.get("FREQ", "")
    if how not in EVERY or (how in ("DAILY", "YEARLY") and kept):
        return ""
    one, several = EVERY[how]
    number = parts.get("INTERVAL", "1")
    values: dict[str, object] = {"n": number, "date": date_in_words(first.date(), language)}
    if how == "WEEKLY":
        values["days"] = weekdays(kept.pop("BYDAY", DAYS[first.weekday()]), language)
        if kept or not values["days"]:
            return ""
    told = translate(language, one if number == "1" else several, **values)
    if how != "MONTHLY":
        return told
    day = day_in_month(kept, first, language)
    return f"{told} {day}" if day else ""


def day_in_month(kept: dict[str, str], first: datetime, language: str) -> str:
    written = ";".join(f"{name}={kept[name]}" for name in sorted(kept))
    if written in IN_MONTH:
        return translate(language, IN_MONTH[written])
    day = kept.get("BYMONTHDAY", str(first.day) if not kept else "")
    if set(kept) <= {"BYMONTHDAY"} and day.isdecimal():
        return translate(language, N_("on day %(day)s"), day=day)
    which, weekday = kept.get("BYDAY", "")[:-2], kept.get("BYDAY", "")[-2:]
    if set(kept) == {"BYDAY"} and which in NTH and weekday in DAYS:
        return translate(language, NTH[which], weekday=weekdays(weekday, language))
    return ""


def weekdays(names: str, language: str) -> str:
    """“Tuesday, Thursday”; nothing if one of them is none."""
    called = get_day_names("wide", "format", language)
    days = names.split(",")
    return ", ".join(str(called[DAYS.index(day)]) for day in days) if all(day in DAYS for day in days) else ""


def ending(parts: dict[str, str], language: str) -> str:
    if "COUNT" in parts:
        return translate(language, N_(", %(n)s times"), n=parts["COUNT"])
    if "UNTIL" in parts:
        return translate(language, N_(", until %(day)s"), day=full_date(parts["UNTIL"][:8], language))
    return ""


def full_date(day: str, language: str) -> str:
    at = datetime.strptime(day, "%Y%m%d")
    return f"{date_in_words(at.date(), language)} {at.year}"
