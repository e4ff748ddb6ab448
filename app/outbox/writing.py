"""Making the mail of a Dispatch: the same Dispatch always gives the same mail, so a retry is identical."""

from dataclasses import dataclass
from html import escape
from typing import Any

from app.contacts.finding import meet
from app.identity.tables import Person, Workspace
from app.mailboxes.providers.base import SEND_ID_HEADER
from app.mailboxes.tables import Mailbox
from app.outbox.addressing import Somebody
from app.outbox.envelope import Envelope, File, octets
from app.outbox.joining import starts_anew
from app.outbox.linking import linked
from app.outbox.promising import Promises, promises
from app.outbox.separating import as_sent, recipients
from app.outbox.tables import Attachment, Dispatch, Draft
from app.threads.tables import Message, Thread
from app.tracking.instrumenting import Disclosure, disclosure, plain_text, read
from app.tracking.tokens import opt_out_url, opt_out_url_for_all
from app.web.locale import N_, translate

OUR_WORDS = N_("I can see whether this mail is opened and its links are followed.")
OPT_OUT = N_("I do not want that")


@dataclass(frozen=True)
class Letter:
    """A mail ready to go, and what is filed of it."""

    mime: bytes
    provider_thread: str
    html: str
    text: str
    links: list[dict[str, str]]
    refers_to: str


@dataclass(frozen=True)
class Answered:
    """What a mail answers: nothing for a new one."""

    message_id: str = ""
    references: tuple[str, ...] = ()
    provider_thread: str = ""

    @property
    def refers_to(self) -> str:
        return " ".join(dict.fromkeys([self.message_id, *self.references] if self.message_id else self.references))


async def letter(dispatch: Dispatch, mailbox: Mailbox, *, files: bool = True) -> Letter:
    """The whole mail, with its attachments if they do not go another way; pixel and sealed links only as the Dispatch says."""
    draft = await draft_of(dispatch)
    if not files:
        return await compose(dispatch, mailbox, draft, [])
    attachments = await Attachment.objects().where(Attachment.draft == draft.id).order_by(Attachment.id)
    return await compose(dispatch, mailbox, draft, [File(one.name, one.type, bytes(one.content)) for one in attachments])


async def draft_of(dispatch: Dispatch) -> Draft:
    """The draft as this Dispatch sends it."""
    draft = await Draft.objects().where(Draft.id == dispatch.draft).output(load_json=True).first()
    assert draft is not None  # a foreign key
    return as_sent(draft, dispatch)


async def compose(dispatch: Dispatch, mailbox: Mailbox, draft: Draft, files: list[File]) -> Letter:
    answered = await answered_by(draft, mailbox)
    told = await told_to(dispatch, draft)
    body = linked(draft.html) + signed(dispatch.signature)
    written = read(body)
    html = written.instrumented(
        dispatch.workspace, dispatch.message, opens=dispatch.opens_tracked, clicks=dispatch.clicks_tracked, decoyed=dispatch.decoyed,
        disclosure=told.html,
    )  # fmt: skip
    addresses = written.sealed(dispatch.workspace, dispatch.message) if dispatch.clicks_tracked else None
    text = "\n".join(part for part in (plain_text(body, addresses), told.text and f"-- \n{told.text}\n", quoted(draft.quote)) if part)
    envelope = Envelope(
        key=dispatch.id.hex, sender=sender_of(dispatch, mailbox), reply_to=dispatch.reply_to, **recipients(draft),
        subject=draft.subject, at=dispatch.created_at, message_id=dispatch.message_id, answers=answered.message_id,
        references=[*answered.references, answered.message_id] if answered.message_id else [],
        confirms_to=sender_of(dispatch, mailbox)["address"] if draft.asks_read else "",
        marks={SEND_ID_HEADER: str(dispatch.id)}, html=document(html + draft.quote), text=text, files=files,
    )  # fmt: skip
    links = [{"url": link.url, "words": link.words} for link in written.links] if dispatch.clicks_tracked else []
    return Letter(octets(envelope), answered.provider_thread, body + draft.quote, plain_text(body), links, answered.refers_to)


def sender_of(dispatch: Dispatch, mailbox: Mailbox) -> Somebody:
    """What was fixed with the ids; mail that was queued before there were aliases comes from the mailbox."""
    if not dispatch.sender:
        return Somebody(name=mailbox.name, address=mailbox.address, typed="")
    return Somebody(name=dispatch.sender_name, address=dispatch.sender, typed="")


def signed(signature: str) -> str:
    return f"<div><br></div><div>{signature}</div>" if signature else ""


def document(body: str) -> str:
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def quoted(quote: str) -> str:
    """The quotation in the text part."""
    return "\n".join(f"> {line}".rstrip() for line in plain_text(quote).splitlines()) + "\n" if quote else ""


async def answered_by(draft: Draft, mailbox: Mailbox) -> Answered:
    """The mail it answers, called as the recipients know it; the provider's thread if it is in the same mailbox.

    Gmail joins a thread by all of threadId, In-Reply-To or References, and Subject; under another subject it is a new one for everybody.
    """
    message = await Message.objects().get(Message.id == draft.answers) if draft.answers else None
    thread = await Thread.objects().get(Thread.id == draft.thread) if draft.thread else None
    if await starts_anew(draft):
        return Answered()
    name = thread.provider_thread if thread and thread.mailbox == mailbox.id else ""
    if message is None:
        return Answered(provider_thread=name)
    own = message.provider_message_id or message.message_id
    return Answered(own, tuple(reference for reference in reversed(dict.fromkeys(reversed(message.refers_to.split()))) if reference != own), name)


async def told_to(dispatch: Dispatch, draft: Draft) -> Disclosure:
    """The line that tells those who have not been asked, with a way out for each; nothing where nothing is tracked."""
    if not dispatch.opens_tracked and not dispatch.clicks_tracked:
        return Disclosure("", "")
    workspace = await one(Workspace, dispatch.workspace)
    found = await promises(draft, workspace)
    return await disclosed(found, dispatch, await one(Person, dispatch.person))


async def disclosed(found: Promises, dispatch: Dispatch, person: Person) -> Disclosure:
    """In the rep's words; the way out leads one recipient to their own page, and several to one that asks who they are."""
    if not found.disclosed:
        return Disclosure("", "")
    words = person.disclosure.strip() or translate(person.locale, OUR_WORDS)
    return disclosure(words, translate(person.locale, OPT_OUT), await way_out(found, dispatch))


async def way_out(found: Promises, dispatch: Dispatch) -> str:
    if len(found.each) > 1:
        return opt_out_url_for_all(dispatch.workspace, dispatch.message)
    who = found.each[0].who
    return opt_out_url(dispatch.workspace, (await meet(dispatch.workspace, who["address"], who["name"])).id)


async def one(table: Any, key: Any) -> Any:
    found = await table.objects().get(table.id == key)
    assert found is not None  # a foreign key
    return found


def paragraphs(text: str) -> str:
    """Plain text as the editor would have written it."""
    return f"<div>{escape(text.replace(chr(13), '').strip(), quote=False).replace(chr(10), '<br>')}</div>" if text.strip() else ""
