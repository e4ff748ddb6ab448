"""Sending later: from compose, and the page of everything that is scheduled or recurs."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.clock import now
from app.contacts.finding import contact_of
from app.errors import Refused
from app.identity.guarding import Me
from app.outbox import answering, drafting, repeating, scheduling
from app.outbox.addressing import parse
from app.outbox.appearing import choices
from app.outbox.drafting import Overtaken
from app.outbox.later_form import AT, offered, typed, when_of, word
from app.outbox.offering import offers
from app.outbox.outgoing import outgoing
from app.outbox.pages import apart, attach_files, back_to, kept, told
from app.outbox.recurring import checked, first_dates
from app.outbox.reminding import check_words
from app.outbox.revising import revise, take_over
from app.outbox.standing import is_open, mine
from app.outbox.tables import Draft, Scheduled
from app.outbox.upcoming import in_thread, schedule_of, to_contact
from app.outbox.wording_rules import in_words, rule_of
from app.threads.asking import thread_of
from app.web.locale import N_, coming, translate
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial

Answer = Response[Any]
GOES_OUT = N_("Scheduled: %(subject)s goes out %(when)s.")
RECURS = N_("Scheduled: %(subject)s goes out %(rule)s, first %(when)s.")
WENT_BEFORE = N_("This mail went out before you saved, as it was. What you changed is kept here as a draft of its own.")


class LaterPages(Controller):
    path = "/later"

    @get("/")
    async def index(self, me: NamedDependency[Me], request: Asked) -> Answer:
        shown, template = (partial, "outbox/_schedule") if wants_partial(request) else (page, "outbox/later")
        return shown(template, schedule=await schedule_of(me), outgoing=await outgoing(me), errors={})

    @get("/dates")
    async def dates(self, me: NamedDependency[Me], request: Asked) -> Answer:
        """The next dates of a rule as it stands in the form, before anything is saved."""
        asked = typed(request.query_params)
        if not asked.wish.repeats:
            return partial("outbox/_dates", dates=[], rule="", error="")
        try:
            starts = when_of(me, asked)
            rule = checked(rule_of(asked.wish, starts), starts)
        except Refused as error:
            return partial("outbox/_dates", dates=[], rule="", error=translate(me.person.locale, error.sentence, **error.values))
        found = [wall.instant() for wall in first_dates(rule, starts, now())]
        return partial("outbox/_dates", dates=found, rule=in_words(rule, starts, me.person.locale), raw=rule, error="")

    @get("/choices")
    async def choices(self, me: NamedDependency[Me], request: Asked, draft: FromQuery[UUID | None] = None) -> Answer:
        """The times offered to the recipients as they are by now, kept or not."""
        written = answering.blank(me, parse(", ".join(request.query_params.getall("to", []))), None)
        written.id = draft or written.id
        offer, unknown = await offers(me, written)
        return partial("outbox/_offers", draft=written, offers=offer, unknown=unknown)

    @get("/of-thread/{thread_id:uuid}")
    async def of_thread(self, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Answer:
        return partial("outbox/scheduled", scheduled=await in_thread(me, (await thread_of(me, thread_id)).id))

    @get("/of-contact/{contact_id:uuid}")
    async def of_contact(self, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Answer:
        return partial("outbox/scheduled", scheduled=await to_contact(me, (await contact_of(me, contact_id)).address))

    @post("/{scheduled_id:uuid}/edit", status_code=200)
    async def edit(self, me: NamedDependency[Me], scheduled_id: FromPath[UUID]) -> Answer:
        return redirect(f"/drafts/{await revise(me, scheduled_id)}")

    @post("/{scheduled_id:uuid}/now", status_code=200)
    async def send_now(self, me: NamedDependency[Me], request: Asked, scheduled_id: FromPath[UUID]) -> Answer:
        await scheduling.send_now(me, scheduled_id)
        flash(request, N_("On its way."))
        return redirect("/later")

    @post("/{scheduled_id:uuid}/time", status_code=200)
    async def set_time(self, me: NamedDependency[Me], request: Asked, scheduled_id: FromPath[UUID]) -> Answer:
        await mine(me, scheduled_id)
        form = await request.form()
        row = await scheduling.set_time(me, scheduled_id, when_of(me, typed(form)), word(form, "was"))
        flash(request, N_("Goes out %(when)s."), when=in_time(me, row))
        return redirect("/later")

    @post("/{scheduled_id:uuid}/unless-replied", status_code=200)
    async def set_unless_replied(self, me: NamedDependency[Me], request: Asked, scheduled_id: FromPath[UUID]) -> Answer:
        wanted = word(await request.form(), "wanted") == "yes"
        await scheduling.set_unless_replied(me, scheduled_id, wanted)
        flash(request, N_("It won’t go out if somebody answers before.") if wanted else N_("It goes out even if somebody answers before."))
        return redirect("/later")

    @post("/{scheduled_id:uuid}/cancel", status_code=200)
    async def cancel(self, me: NamedDependency[Me], request: Asked, scheduled_id: FromPath[UUID]) -> Answer:
        row = await scheduling.take_off(me, scheduled_id)
        sentence = N_("This date is left out. The mail recurs as before.") if row.recurrence else N_("It won’t go out. It is a draft again.")
        flash(request, sentence, undo=f"/later/{scheduled_id}/restore")
        return redirect("/later")

    @post("/{scheduled_id:uuid}/restore", status_code=200)
    async def restore(self, me: NamedDependency[Me], request: Asked, scheduled_id: FromPath[UUID]) -> Answer:
        await scheduling.put_back(me, scheduled_id)
        flash(request, N_("It is as it was before."))
        return redirect("/later")


class RecurrencePages(Controller):
    path = "/later/recurring"

    @post("/{recurrence_id:uuid}/pause", status_code=200)
    async def pause(self, me: NamedDependency[Me], request: Asked, recurrence_id: FromPath[UUID]) -> Answer:
        await repeating.pause(me, recurrence_id)
        flash(request, N_("Paused. Nothing goes out until you resume it."), undo=f"/later/recurring/{recurrence_id}/resume")
        return redirect("/later")

    @post("/{recurrence_id:uuid}/resume", status_code=200)
    async def resume(self, me: NamedDependency[Me], request: Asked, recurrence_id: FromPath[UUID]) -> Answer:
        await repeating.resume(me, recurrence_id)
        flash(request, N_("It recurs again. What would have gone out meanwhile is not sent."))
        return redirect("/later")

    @post("/{recurrence_id:uuid}/rule", status_code=200)
    async def set_rule(self, me: NamedDependency[Me], request: Asked, recurrence_id: FromPath[UUID]) -> Answer:
        await repeating.my_recurrence(me, recurrence_id)
        asked = typed(await request.form())
        starts = when_of(me, asked)
        await repeating.set_rule(me, recurrence_id, starts, rule_of(asked.wish, starts))
        flash(request, N_("It recurs by the new dates from now on."))
        return redirect("/later")

    @post("/{recurrence_id:uuid}/end", status_code=200)
    async def end(self, me: NamedDependency[Me], request: Asked, recurrence_id: FromPath[UUID]) -> Answer:
        await repeating.end(me, recurrence_id)
        flash(request, N_("Ended. Its words are a draft again."), undo=f"/later/recurring/{recurrence_id}/begin-again")
        return redirect("/later")

    @post("/{recurrence_id:uuid}/begin-again", status_code=200)
    async def begin_again(self, me: NamedDependency[Me], request: Asked, recurrence_id: FromPath[UUID]) -> Answer:
        await repeating.begin_again(me, recurrence_id)
        flash(request, N_("It is as it was before."))
        return redirect("/later")


class SchedulingPages(Controller):
    """From the composer, whose form comes with all that was typed."""

    path = "/drafts"

    @post("/{draft_id:uuid}/later", status_code=200)
    async def schedule(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        existing = await drafting.find_draft(me, draft_id)
        if existing is not None and existing.scheduled is not None:
            return redirect("/later")
        form = await request.form()
        try:
            draft = await kept(me, draft_id, form)
        except Overtaken as error:
            return await apart(me, request, form, error)
        try:
            await check_words(me, form)
            await attach_files(draft, form, await choices(me))
            await put_on_schedule(me, request, await drafting.draft_of(me, draft.id), form)
        except Refused as error:
            return await told(me, request, draft_id, error, typed(form))
        return redirect(back_to(draft) if draft.thread else "/later")

    @post("/{draft_id:uuid}/changes", status_code=200)
    async def save_changes(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        """The changed words of a scheduled mail, from now on those that go out."""
        existing = await drafting.find_draft(me, draft_id)
        if existing is not None and existing.scheduled is not None:
            return redirect("/later")
        form = await request.form()
        try:
            draft = await kept(me, draft_id, form)
        except Overtaken as error:
            return await apart(me, request, form, error)
        try:
            await check_words(me, form)
            await attach_files(draft, form, await choices(me))
            row = await take_over(me, draft.id)
        except Refused as error:
            return await told(me, request, draft_id, error)
        if not is_open(row) and (await drafting.draft_of(me, draft.id)).scheduled is None:
            flash(request, WENT_BEFORE)
            return redirect(f"/drafts/{draft_id}")
        flash(request, N_("Changed. It goes out with these words."))
        return redirect("/later")


async def put_on_schedule(me: Me, request: Asked, draft: Draft, form: Any) -> None:
    asked, key = typed(form), word(form, "later") or AT
    subject = draft.subject or translate(me.person.locale, N_("(no subject)"))
    if key == AT and asked.wish.repeats:
        starts = when_of(me, asked)
        made = await scheduling.repeat(me, draft, starts, rule_of(asked.wish, starts), unless_replied=asked.unless_replied)
        first = await first_of(made.id)
        rule = in_words(made.rule, starts, me.person.locale)
        flash(request, RECURS, subject=subject, rule=rule, when=in_time(me, first), undo=f"/later/recurring/{made.id}/end")
        return
    if key == AT:
        row = await scheduling.schedule(me, draft, when_of(me, asked), unless_replied=asked.unless_replied)
    else:
        offer = await offered(me, draft, key)
        row = await scheduling.schedule(me, draft, offer.wall, unless_replied=asked.unless_replied, chosen=offer.why, values=offer.values)
    flash(request, GOES_OUT, subject=subject, when=in_time(me, row), undo=f"/later/{row.id}/cancel")


async def first_of(recurrence: UUID) -> Scheduled:
    found = await Scheduled.objects().where(Scheduled.recurrence == recurrence).order_by(Scheduled.due_at).first()
    assert found is not None  # made with it
    return found


def in_time(me: Me, row: Scheduled) -> str:
    return coming(row.due_at, ZoneInfo(me.person.time_zone), me.person.locale)


PAGES = [LaterPages, RecurrencePages, SchedulingPages]
