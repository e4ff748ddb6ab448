"""Handing a mail that went out to its thread."""

from app.clock import now
from app.contacts.tables import REFUSED, Contact
from app.database import together
from app.happenings import ConsentRefused
from app.mailboxes.providers.base import Provider, SentCopy
from app.mailboxes.tables import READ, Mailbox
from app.outbox.joining import starts_anew
from app.outbox.requesting import asks_delivery
from app.outbox.separating import everybody
from app.outbox.tables import Attachment, Dispatch, Draft
from app.outbox.writing import compose, draft_of, letter, sender_of
from app.threads.accounting import NO_CONSENT, NOT_ASKED_TO, SWITCHED_OFF
from app.threads.filing import Sent, To, alone, file_sent, note_copy
from app.tracking.silencing import silence


async def file_away(dispatch: Dispatch, mailbox: Mailbox, copy: SentCopy | None) -> None:
    """The message as it went, in the caller's `together()`; twice is once. Without a copy its ids are learnt later.

    Alone before anybody is met: two mails of a mailbox to the same new contact would wait for each other in a ring.
    """
    await alone(mailbox.person)
    draft = await draft_of(dispatch)
    letter = await compose(dispatch, mailbox, draft, [])
    people, sender = everybody(draft), sender_of(dispatch, mailbox)
    attached = await Attachment.select(Attachment.name, Attachment.type, Attachment.size).where(Attachment.draft == draft.id).order_by(Attachment.id)
    await file_sent(Sent(
        id=dispatch.message, workspace=dispatch.workspace, person=dispatch.person, mailbox=mailbox.id,
        to=[To(one["address"], one["name"], kind) for kind, one in people], subject=draft.subject, html=letter.html, text=letter.text,
        at=copy.at if copy else now(), message_id=dispatch.message_id, sender=(copy and copy.sender) or sender["address"], sender_name=sender["name"],
        thread=None if await starts_anew(draft) else draft.thread,
        send_id=dispatch.id, sending=dispatch.sending,
        provider_id=copy.provider_id if copy else "", provider_thread=copy.thread if copy else letter.provider_thread,
        provider_message_id=copy.message_id if copy else "", refers_to=letter.refers_to, attachments=attached, links=letter.links, logged=draft.logs,
        opens_tracked=dispatch.opens_tracked, clicks_tracked=dispatch.clicks_tracked, verified_at=now() if copy else None, reminds=draft.reminds,
        reminds_if=draft.reminds_if,
        left_out=left_out(dispatch, draft), asks_read=draft.asks_read, asks_delivery=asks_delivery(draft, mailbox),
    ))  # fmt: skip
    await silence_refusals(dispatch, [one["address"] for _, one in people])


def left_out(dispatch: Dispatch, draft: Draft) -> str:
    """Why the mail is not logged or not tracked, where it is not: the rep switched it off, or somebody did not allow it."""
    if not draft.logs:
        return NOT_ASKED_TO
    if dispatch.opens_tracked or dispatch.clicks_tracked:
        return ""
    return NO_CONSENT if draft.tracks_opens or draft.tracks_clicks else SWITCHED_OFF


async def silence_refusals(dispatch: Dispatch, addresses: list[str]) -> None:
    """Somebody refused while the mail was already on its way: what it carries is not recorded."""
    if dispatch.opens_tracked or dispatch.clicks_tracked:
        refused = Contact.workspace == dispatch.workspace, Contact.address.is_in(addresses), Contact.consent == REFUSED
        for contact in await Contact.objects().where(*refused):
            await silence(ConsentRefused(contact.id))


async def file_copy(dispatch: Dispatch, mailbox: Mailbox, provider: Provider) -> SentCopy | None:
    """Where the provider does not put a mail into Sent by itself, we do: the same mail, made anew."""
    if provider.holds_drafts or READ not in mailbox.rights:
        return None
    return await provider.file_copy((await letter(dispatch, mailbox)).mime, str(dispatch.id), dispatch.message_id)


async def note_sent_copy(dispatch: Dispatch, copy: SentCopy) -> None:
    """The copy in Sent appeared: the message is verified, and known by the provider's own ids."""
    async with together():
        await note_copy(dispatch.message, copy.provider_id, copy.thread, copy.message_id, copy.at, copy.sender)
