"""Compose, drafts, and what is on its way."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post, put
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.clock import new_id
from app.contacts.finding import complete
from app.errors import Refused
from app.happenings import CONDITIONS, NO_REPLY
from app.identity.guarding import Me
from app.mailboxes.aliasing import worded
from app.mailboxes.tables import READ
from app.outbox import answering, deciding, drafting, reminding
from app.outbox.addressing import Somebody, parse
from app.outbox.answer_pages import AnswerPages
from app.outbox.appearing import Sender, choices, chosen, first, named
from app.outbox.composing import queue
from app.outbox.drafting import Overtaken, Written
from app.outbox.forecasting import forecast
from app.outbox.grouping import sent_together
from app.outbox.hinting import hints
from app.outbox.joining import starts_anew
from app.outbox.later_form import Typed
from app.outbox.offering import offers
from app.outbox.outgoing import in_words, outgoing
from app.outbox.promising import lines, promises
from app.outbox.reminding import check_words, wish_of, word
from app.outbox.requesting import confirms
from app.outbox.revising import revised
from app.outbox.separating import parts
from app.outbox.tables import Draft
from app.outbox.usage_pages import UsagePages
from app.outbox.writing import paragraphs
from app.threads.asking import thread_of
from app.tracking.instrumenting import plain_text
from app.web.locale import N_, language_of, translate
from app.web.replies import flash, page, partial, redirect, wants_partial

Asked = Request[Any, Any, Any]
Answer = Response[Any]
LINES = ("to", "cc", "bcc")
KEPT_APART = N_(
    "This draft was changed in another window meanwhile, so nothing was written over there. What you typed is kept here as a draft of its own; "
    "files that were attached before are with the other one."
)


class ComposePages(Controller):
    """Writing a mail. A page names its draft before the draft exists; the first save makes it."""

    @get("/compose")
    async def compose(self, me: NamedDependency[Me], request: Asked, to: FromQuery[str] = "") -> Answer:
        found = await choices(me)
        return await editor(me, request, answering.blank(me, parse(to), first(found)), found)

    @get("/threads/{thread_id:uuid}/reply")
    async def reply(self, me: NamedDependency[Me], request: Asked, thread_id: FromPath[UUID]) -> Answer:
        return await editor(me, request, await answering.draft_in(me, await thread_of(me, thread_id)), await choices(me))

    @get("/outbox/of-thread/{thread_id:uuid}")
    async def of_thread(self, me: NamedDependency[Me], request: Asked, thread_id: FromPath[UUID]) -> Answer:
        """The reply composer for the foot of a thread."""
        thread = await thread_of(me, thread_id)
        draft = await answering.draft_in(me, thread)
        shown = await context(me, request, draft, await choices(me), {}) | await later_context(me, draft)
        return partial("outbox/in_thread", **shown, thread=thread, outgoing=await outgoing(me, thread.id))

    @get("/outbox/people")
    async def people(self, me: NamedDependency[Me], request: Asked) -> Answer:
        """Contacts for the last few letters typed in To, Cc or Bcc."""
        typed = next((request.query_params[name] for name in LINES if name in request.query_params), "")
        return partial("outbox/people", people=await complete(me, typed.rpartition(",")[2]))


class DraftPages(Controller):
    path = "/drafts"

    @get("/")
    async def index(self, me: NamedDependency[Me]) -> Answer:
        return page("outbox/drafts", drafts=await drafting.drafts_of(me), outgoing=await outgoing(me))

    @get("/{draft_id:uuid}")
    async def show(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        found = await drafting.draft_of(me, draft_id)
        if found.scheduled is not None:
            return redirect("/later")
        draft = await drafting.open_draft(me, draft_id)
        return await editor(me, request, draft, await choices(me))

    @put("/{draft_id:uuid}")
    async def autosave(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID], line: FromQuery[str] = "") -> Answer:
        """Kept as typed; what changed on the page comes back. `line` names the recipients whose tokens do."""
        form = await request.form()
        draft = await kept(me, draft_id, form) if said_anything(form) or await drafting.find_draft(me, draft_id) else None
        found = await choices(me)
        shown = await context(me, request, draft or unkept(me, draft_id, form, found), found, {})
        return partial("outbox/saved", **shown, line=line if line in LINES else "", kept=draft is not None)

    @post("/{draft_id:uuid}", status_code=200)
    async def save(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        return await acted(me, request, draft_id, f"/drafts/{draft_id}")

    @post("/{draft_id:uuid}/attachments", status_code=200)
    async def attach(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        if not wants_partial(request):
            return await acted(me, request, draft_id, f"/drafts/{draft_id}")
        form = await request.form()
        draft = await kept(me, draft_id, form)
        await attach_files(draft, form, await choices(me))
        return await files(draft)

    @post("/{draft_id:uuid}/attachments/{attachment_id:uuid}/remove", status_code=200)
    async def detach(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID], attachment_id: FromPath[UUID]) -> Answer:
        draft = await kept(me, draft_id, await request.form())
        await drafting.detach(draft, attachment_id)
        return await files(draft) if wants_partial(request) else redirect(f"/drafts/{draft_id}")

    @post("/{draft_id:uuid}/dispatch", status_code=200)
    async def send(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        """Send it: what is wrong is said at its field, and nothing typed is lost."""
        existing = await drafting.find_draft(me, draft_id)
        if existing is not None and existing.queued_at is not None:
            return redirect(back_to(existing))
        form = await request.form()
        try:
            draft = await kept(me, draft_id, form)
        except Overtaken as error:
            return await apart(me, request, form, error)
        try:
            await check_words(me, form)
            await attach_files(draft, form, await choices(me))
            dispatch = await queue(me, await drafting.draft_of(me, draft.id))
        except Refused as error:
            return await told(me, request, draft_id, error)
        subject = draft.subject or translate(me.person.locale, N_("(no subject)"))
        if dispatch.held_until:
            flash(request, dispatch.problem, undo=f"/outbox/{dispatch.id}/cancel", **in_words(me, dispatch.problem_values))
        else:
            mails = len(parts(draft))
            sentence = N_("On its way: %(subject)s") if mails == 1 else N_("On its way, separately to %(number)d people: %(subject)s")
            flash(request, sentence, subject=subject, number=mails)
        return redirect(back_to(draft))

    @post("/{draft_id:uuid}/discard", status_code=200)
    async def discard(self, me: NamedDependency[Me], request: Asked, draft_id: FromPath[UUID]) -> Answer:
        draft = await drafting.find_draft(me, draft_id)
        if draft is not None:
            await drafting.discard(draft)
            flash(request, N_("Draft discarded."), undo=f"/drafts/{draft_id}/restore")
            if draft.revises is not None:
                return redirect("/later")
        return redirect(f"/threads/{draft.thread}" if draft and draft.thread else "/drafts")

    @post("/{draft_id:uuid}/restore", status_code=200)
    async def restore(self, me: NamedDependency[Me], draft_id: FromPath[UUID]) -> Answer:
        await drafting.restore(await drafting.draft_of(me, draft_id))
        return redirect(f"/drafts/{draft_id}")


class OutgoingPages(Controller):
    path = "/outbox"

    @get("/outgoing")
    async def outgoing(self, me: NamedDependency[Me], thread: FromQuery[UUID | None] = None) -> Answer:
        return await on_its_way(me, thread)

    @get("/sending/{sending:uuid}")
    async def together(self, me: NamedDependency[Me], request: Asked, sending: FromPath[UUID], message: FromQuery[UUID | None] = None) -> Answer:
        """All mails of one that was sent separately; `message` is the one on whose page they are shown."""
        found = await sent_together(me, sending)
        show, template = (partial, "outbox/_together") if wants_partial(request) else (page, "outbox/together")
        return show(template, together=found, message=message, sending=sending)

    @post("/{dispatch_id:uuid}/sent", status_code=200)
    async def count_as_sent(self, me: NamedDependency[Me], request: Asked, dispatch_id: FromPath[UUID]) -> Answer:
        await deciding.count_as_sent(await deciding.dispatch_of(me, dispatch_id))
        return await decided(me, request)

    @post("/{dispatch_id:uuid}/again", status_code=200)
    async def send_again(self, me: NamedDependency[Me], request: Asked, dispatch_id: FromPath[UUID]) -> Answer:
        await deciding.send_again(await deciding.dispatch_of(me, dispatch_id))
        return await decided(me, request)

    @post("/{dispatch_id:uuid}/cancel", status_code=200)
    async def cancel(self, me: NamedDependency[Me], request: Asked, dispatch_id: FromPath[UUID]) -> Answer:
        """Take it back while it waits: the draft is there again."""
        dispatch = await deciding.dispatch_of(me, dispatch_id)
        draft = await deciding.cancel(dispatch)
        whole = draft == dispatch.draft
        flash(request, N_("Not sent. It is a draft again.") if whole else N_("Some have gone out. For the others it is a draft again."))
        return redirect(f"/drafts/{draft}")

    @post("/{dispatch_id:uuid}/dismiss", status_code=200)
    async def dismiss(self, me: NamedDependency[Me], request: Asked, dispatch_id: FromPath[UUID]) -> Answer:
        await deciding.dismiss(await deciding.dispatch_of(me, dispatch_id))
        return await decided(me, request)


PAGES = [AnswerPages, ComposePages, DraftPages, OutgoingPages, UsagePages]


async def acted(me: Me, request: Asked, draft_id: UUID, then: str) -> Answer:
    """Save a plain form with the files chosen in it, and show the page again."""
    form = await request.form()
    try:
        draft = await kept(me, draft_id, form)
    except Overtaken as error:
        return await apart(me, request, form, error)
    try:
        await attach_files(draft, form, await choices(me))
    except Refused as error:
        return await told(me, request, draft_id, error)
    return redirect(then)


async def apart(me: Me, request: Asked, form: FormMultiDict, error: Overtaken) -> Answer:
    """Two pages wrote in one draft: what comes second is kept as a draft of its own."""
    if wants_partial(request):
        raise error
    own = new_id()
    draft = await drafting.save(me, own, replace(await read(me, own, form), page=None, seen=None))
    await attach_files(draft, form, await choices(me))
    flash(request, KEPT_APART)
    return redirect(f"/drafts/{own}")


async def told(me: Me, request: Asked, draft_id: UUID, error: Refused, asked: Typed | None = None) -> Answer:
    """The page again, with what is wrong at its field."""
    sentence = translate(me.person.locale, error.sentence, **error.values)
    draft = await drafting.draft_of(me, draft_id)
    return await editor(me, request, draft, await choices(me), {error.field or "form": sentence}, asked)


async def editor(
    me: Me, request: Asked, draft: Draft, found: Sequence[Sender], errors: dict[str, str] | None = None, asked: Typed | None = None
) -> Answer:
    shown = await context(me, request, draft, found, errors or {}) | await later_context(me, draft, asked)
    return page("outbox/compose", **shown, outgoing=await outgoing(me), status_code=422 if errors else 200)


async def context(me: Me, request: Asked, draft: Draft, found: Sequence[Sender], errors: dict[str, str]) -> dict[str, Any]:
    """What the composer shows."""
    sender = chosen(found, draft) or first(found, draft.mailbox) or first(found)
    allowed, mailbox = await promises(draft, me.workspace), sender.mailbox if sender else None
    return {
        "draft": draft, "errors": errors, "senders": found, "chosen": sender, "may_look": mailbox is None or READ in mailbox.rights,
        "confirms": confirms(mailbox), "mails": len(parts(draft)), "forecast": await forecast(draft, me, allowed),
        "attachments": await drafting.attachments(draft), "files_room": drafting.attachment_room(mailbox),
        "signature": worded(sender.signature) if sender else "", "starts_anew": await starts_anew(draft),
        "lines": lines(allowed, draft, me.person), "refusing": allowed.refusing, "hints": await hints(draft, me),
        "plain": plain_text(draft.html).strip() if draft.html else "", "reminding": reminding.chosen(me, draft, drafting.REMINDS),
        "language": language_of(request), "conditions": CONDITIONS,
    }  # fmt: skip


async def later_context(me: Me, draft: Draft, asked: Typed | None = None) -> dict[str, Any]:
    """What of it does not change as one types: when it may go out later, and which page this is."""
    offered, unknown = await offers(me, draft)
    return {"asked": asked or Typed(), "offers": offered, "unknown": unknown, "page_key": new_id(), "revised": await revised(draft)}


async def files(draft: Draft) -> Answer:
    return partial("outbox/_files", draft=draft, attachments=await drafting.attachments(draft), errors={})


async def on_its_way(me: Me, thread: UUID | None = None) -> Answer:
    found = await outgoing(me, thread)
    return partial("outbox/_outgoing", outgoing=found, thread_id=thread)


async def decided(me: Me, request: Asked) -> Answer:
    return await on_its_way(me) if wants_partial(request) else redirect("/drafts")


def back_to(draft: Draft) -> str:
    return f"/threads/{draft.thread}" if draft.thread else "/drafts"


# Reading the form


async def kept(me: Me, draft_id: UUID, form: FormMultiDict) -> Draft:
    return await drafting.save(me, draft_id, await read(me, draft_id, form))


def unkept(me: Me, draft_id: UUID, form: FormMultiDict, found: Sequence[Sender]) -> Draft:
    """A page on which nothing has been written yet: shown as it is, not kept."""
    draft = answering.blank(me, [], named(found, word(form, "mailbox")))
    draft.id = draft_id
    return draft


async def read(me: Me, draft_id: UUID, form: FormMultiDict) -> Written:
    draft = await drafting.find_draft(me, draft_id)
    answers = draft.answers if draft else as_id(word(form, "answers"))
    sender = named(await choices(me), word(form, "mailbox"))
    return Written(
        to=recipients(form, "to"), cc=recipients(form, "cc"), bcc=recipients(form, "bcc"), subject=word(form, "subject"), html=html_of(form),
        mailbox=sender.mailbox.id if sender else None, alias=sender.alias_id if sender else None, thread=as_id(word(form, "thread")),
        signs=signs(draft, sender, form),
        answers=answers, quote=await quote(me, draft, answers, "quotes" in form), logs="logs" in form, tracks_opens="tracks_opens" in form,
        tracks_clicks="tracks_clicks" in form, asks_read="asks_read" in form, asks_delivery="asks_delivery" in form,
        separately="separately" in form, page=as_id(word(form, "page")), seen=as_id(word(form, "seen")),
        reminds=await wish_of(me, form), reminds_if=word(form, "reminds_if") or NO_REPLY,
    )  # fmt: skip


def signs(draft: Draft | None, sender: Sender | None, form: FormMultiDict) -> bool:
    """As the switch says; where another sender was chosen just now, as that one is set."""
    known = word(form, "signed_by")
    if sender is not None and known and known != sender.key:
        return sender.signs
    return "signs" in form or (not known and (draft.signs if draft else sender is None or sender.signs))


def recipients(form: FormMultiDict, line: str) -> list[Somebody]:
    """Tokens and what is typed beside them, without the one whose button was pressed."""
    removed = word(form, "remove")
    everybody = parse(", ".join(str(value) for value in form.getall(line, [])))
    return [one for one in everybody if removed != f"{line}:{one['address'] or one['typed']}"]


def html_of(form: FormMultiDict) -> str:
    """From the editor; without script from the plain field, unless nothing was changed there."""
    if "text" not in form:
        return word(form, "html")
    text, html = word(form, "text"), word(form, "html")
    unchanged = html and " ".join(text.split()) == " ".join(plain_text(html).split())
    return html if unchanged else paragraphs(text)


async def quote(me: Me, draft: Draft | None, answers: UUID | None, wanted: bool) -> str:
    if not wanted or answers is None:
        return ""
    return draft.quote if draft is not None and draft.quote else await answering.quote_for(me, answers)


def said_anything(form: FormMultiDict) -> bool:
    """Is there anything worth keeping?"""
    written = any(word(form, name).strip() for name in ("subject", "text")) or plain_text(word(form, "html")).strip()
    return bool(written) or (not word(form, "thread") and any(recipients(form, line) for line in LINES))


async def attach_files(draft: Draft, form: FormMultiDict, found: Sequence[Sender]) -> None:
    mailbox = next((one.mailbox for one in found if one.mailbox.id == draft.mailbox), None)
    for upload in form.getall("files", []):
        if isinstance(upload, UploadFile) and upload.filename:
            await drafting.attach(draft, upload.filename, upload.content_type or "", await upload.read(), mailbox)


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
