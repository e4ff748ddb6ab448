"""How much of its daily allowance a mailbox has used: a fragment of its card, and a page of its own."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Response, Template

from app.clock import now
from app.identity.guarding import Me
from app.mailboxes.asking import mailbox_of
from app.mailboxes.tables import OUTLOOK, Mailbox
from app.outbox.rationing import DAY, by_day, limit_of, spent_since, usual
from app.web.locale import N_, language_of, number, translate
from app.web.replies import Asked, page, partial, redirect, wants_partial

DAYS = 14
HIGHEST_LIMIT = 1_000_000
WRONG = N_("A limit is a whole number from 1 to 1,000,000. Leave the field empty for the usual one.")


@dataclass
class Wish:
    """The limit as it was typed."""

    limit: str = ""


@dataclass(frozen=True)
class Bar:
    """One day: `height` in percent of the tallest."""

    day: date
    count: int
    height: int


class UsagePages(Controller):
    path = "/outbox/usage"

    @get("/{mailbox_id:uuid}")
    async def show(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Template:
        return await shown(request, me, await mailbox_of(me, mailbox_id))

    @post("/{mailbox_id:uuid}/limit", status_code=200)
    async def change_limit(
        self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID], data: URLEncodedBody[Wish]
    ) -> Response[Any]:
        """The rep may know better than we do: trial accounts and tenants have limits of their own."""
        mailbox, typed = await mailbox_of(me, mailbox_id), data.limit.strip()
        if typed and not (typed.isdecimal() and 1 <= int(typed) <= HIGHEST_LIMIT):
            return await shown(request, me, mailbox, {"limit": translate(language_of(request), WRONG)}, typed)
        await mailbox.update_self({Mailbox.daily_limit: int(typed) if typed and int(typed) != usual(mailbox) else None})
        return await shown(request, me, mailbox) if wants_partial(request) else redirect(f"/outbox/usage/{mailbox.id}")


async def shown(request: Asked, me: Me, mailbox: Mailbox, errors: dict[str, str] | None = None, typed: str = "") -> Template:
    limit, zone = limit_of(mailbox), ZoneInfo(me.person.time_zone)
    used = sum(row[limit.unit] for row in await spent_since(mailbox.id, now() - DAY))
    bars = await last_days(mailbox, zone, limit.unit)
    language = language_of(request)
    paused = mailbox.sending_paused_until if mailbox.sending_paused_until and mailbox.sending_paused_until > now() else None
    template, made = ("outbox/_usage", partial) if wants_partial(request) else ("outbox/usage", page)
    return made(
        template, status_code=422 if errors else 200, box=mailbox, limit=limit, used=used, bars=bars, errors=errors or {}, typed=typed, paused=paused,
        percent=min(100, 100 * used // limit.most), used_in_words=number(used, language), most_in_words=number(limit.most, language),
        usual=usual(mailbox), a_minute=mailbox.keeper == OUTLOOK,
    )  # fmt: skip


async def last_days(mailbox: Mailbox, zone: ZoneInfo, unit: str) -> list[Bar]:
    """The last fortnight on the reader's calendar, today last."""
    today = now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counted = await by_day(mailbox.id, days[0], zone.key, unit)
    tallest = max([*counted.values(), 1])
    return [Bar(day, counted.get(day, 0), -(-100 * counted.get(day, 0) // tallest)) for day in days]
