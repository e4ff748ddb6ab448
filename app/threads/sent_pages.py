"""The page of a mailbox's Sent folder: every mail accounted for, day by day, beside the provider's own count."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.clock import now
from app.errors import NotHere
from app.identity.guarding import Me
from app.mailboxes.asking import BRANDS, mailbox_of
from app.mailboxes.freshness import freshness
from app.mailboxes.tables import Mailbox
from app.threads.reconciling import Day, ask_for
from app.threads.tables import Comparison
from app.threads.tallying import day_named, days_of_sent, mails_of_day
from app.web.locale import N_
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial

ASKED_FOR = N_("The Sent folder of %(address)s is compared now. It takes a moment; the page shows it by itself.")


class SentPages(Controller):
    path = "/mailboxes/{mailbox_id:uuid}/sent"

    @get("/")
    async def show(self, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Template:
        return await the_page(me, await mailbox_of(me, mailbox_id), None)

    @get("/{day:date}")
    async def show_day(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID], day: FromPath[date]) -> Template:
        """The mails of a day, as a part of the page or with all of it."""
        mailbox = await mailbox_of(me, mailbox_id)
        found = day_named(zone_of(me), day)
        if found is None:
            raise NotHere("This page goes back 30 days. Go back to the mailbox and choose a day there.")
        if wants_partial(request):
            return partial("threads/sent_day", mails=await mails_of_day(mailbox.id, found))
        return await the_page(me, mailbox, found)

    @post("/comparison")
    async def compare(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        await ask_for(mailbox.id)
        flash(request, ASKED_FOR, address=mailbox.address)
        return redirect(f"/mailboxes/{mailbox.id}/sent")


async def the_page(me: Me, mailbox: Mailbox, opened: Day | None) -> Template:
    comparison = await Comparison.objects().where(Comparison.mailbox == mailbox.id).first()
    return page(
        "threads/sent",
        mailbox=mailbox,
        brand=BRANDS[mailbox.provider],
        fresh=freshness(mailbox),
        days=await days_of_sent(mailbox, zone_of(me)),
        comparison=comparison,
        is_under_way=comparison is not None and comparison.due_at <= now(),
        opened=opened.date if opened else None,
        mails=await mails_of_day(mailbox.id, opened) if opened else [],
    )


def zone_of(me: Me) -> ZoneInfo:
    return ZoneInfo(me.person.time_zone)
