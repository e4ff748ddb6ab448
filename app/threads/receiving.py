"""Taking in a mail that the mailbox shows us: our own copy, one sent from elsewhere, an answer, a report, or nothing of ours."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from app.clock import new_id, now
from app.contacts.addresses import same_box
from app.contacts.finding import acted, known, meet_all
from app.contacts.refusing import refused, refuses
from app.contacts.tables import Contact
from app.database import rows, together
from app.errors import TooEarly
from app.happenings import MessageSent, PersonWrote, announce
from app.identity.tables import Person
from app.mailboxes.providers.base import SENT as SENT_FOLDER
from app.mailboxes.providers.base import Mail
from app.mailboxes.tables import Mailbox
from app.threads.accounting import LOG_OFF, NEVER_LOG, NOBODY_OUTSIDE, UNDER_WAY, account, why_elsewhere
from app.threads.accounting import NOTE as NOTE_OF_OURS
from app.threads.accounting import RECEIVED as MOVED_HERE
from app.threads.expecting import unseen
from app.threads.filing import Sent, To, addresses_of, alone, new_thread, own_addresses, provider_thread, seen_in_sent, touch, write
from app.threads.following_up import follow_up, learn, wonder
from app.threads.matching import HEADER, Match, by_header, by_report, by_sender, by_subject, by_thread, is_among_colleagues
from app.threads.reading import NOTE, SEND_ID, Letter, read
from app.threads.recognising.judging import recognise
from app.threads.recognising.kinds import AUTO_REPLY, HUMAN_REPLY, OTHER, REPORTS
from app.threads.recognising.verdict import Recognition
from app.threads.tables import RECEIVED, SENT, Message, Recipient, Thread
from app.threads.tidying import snippet_of

ASKS_READ = "disposition-notification-to"
LONGEST_UNDER_WAY = timedelta(days=7)
"""A copy in Sent with our send id is filed by whoever sends it; one older than this, or than the mailbox here, was sent by another Nachfass."""

COPY = """
SELECT id FROM message WHERE mailbox = $1 AND direction = $2
AND (provider_id = $3 OR ($4 <> '' AND (message_id = $4 OR provider_message_id = $4)) OR send_id = $5) LIMIT 1
"""

ELSEWHERE = """
SELECT 1 FROM message WHERE person = $1 AND workspace = $2 AND mailbox <> $3 AND (message_id = $4 OR provider_message_id = $4)
AND (direction = 'sent' OR NOT $5) LIMIT 1
"""


HOLD = "SELECT FROM message WHERE id = $1 FOR UPDATE"
"""The mail before the people in it, as whoever judges its hits does: the two never wait for each other in a ring."""

HERS = """
SELECT 1 FROM mailbox m WHERE m.person = $1 AND (m.address = $2 OR $2 = ANY(m.former)
    OR EXISTS (SELECT FROM alias a WHERE a.mailbox = m.id AND a.address = $2 AND a.verified_at IS NOT NULL))
"""


async def receive(mailbox: Mailbox, mail: Mail, imported: bool) -> bool:
    """Take in one mail of the mailbox; true if it was new to us. Raises Unreadable, with a reason, for what is no mail."""
    letter, found = await asyncio.to_thread(understood, mail.raw)
    if letter.header(NOTE):
        return await let_note_be(mailbox, mail)
    async with together():
        await alone(mailbox.person)
        own = await own_addresses(mailbox.workspace)
        letter = replace(letter, sender=own_box(letter.sender, own))
        if await had_elsewhere(mailbox, mail, letter):
            return False
        if mail.folder == SENT_FOLDER or (letter.sender in own and letter.sender in await addresses_of(mailbox)):
            return await take_sent(mailbox, mail, letter, own, imported)
        return await take_received(mailbox, mail, letter, found, own, imported)


def understood(raw: bytes) -> tuple[Letter, Recognition]:
    letter = read(raw)
    return letter, recognise(letter)


def own_box(sender: str, own: set[str]) -> str:
    """The mailbox of ours that a mail from this address came out of, else the address: what a rep writes as sales+fair@ is theirs."""
    box = same_box(sender) if sender and sender not in own else ""
    return next((address for address in sorted(own) if box and same_box(address) == box), sender)


async def let_note_be(mailbox: Mailbox, mail: Mail) -> bool:
    """Our own reminder to the rep; a provider may file what one sends to oneself in Sent too."""
    if mail.folder == SENT_FOLDER:
        await account(mailbox, mail, why=NOTE_OF_OURS)
    return False


def is_quiet(mailbox: Mailbox, mail: Mail, imported: bool) -> bool:
    """History is taken in without a word: nothing rings, nothing shows up in the feed."""
    return imported and mailbox.was_unread(mail.at)


async def had_elsewhere(mailbox: Mailbox, mail: Mail, letter: Letter) -> bool:
    """The same mail came to two mailboxes of one person: it is one mail in one thread, and counts once."""
    sent_only = mail.folder == SENT_FOLDER
    return bool(letter.message_id and await rows(ELSEWHERE, mailbox.person, mailbox.workspace, mailbox.id, letter.message_id, sent_only))


# What we sent


async def take_sent(mailbox: Mailbox, mail: Mail, letter: Letter, own: set[str], imported: bool) -> bool:
    """The copy of a mail that we know proves it went out; one we do not know was sent from a phone or another program."""
    message = await ours(mailbox, mail, letter)
    if message is not None:
        if mail.folder == SENT_FOLDER:
            await seen_in_sent(message, mail.provider_id, mail.thread, letter.message_id, mail.at)
            await account(mailbox, mail, message.id)
        return False
    if mail.folder != SENT_FOLDER:
        return False
    if is_under_way(mailbox, mail, letter):
        await account(mailbox, mail, why=UNDER_WAY)
        return False
    return await take_sent_elsewhere(mailbox, mail, letter, own, imported)


async def ours(mailbox: Mailbox, mail: Mail, letter: Letter) -> Message | None:
    """A sent message that this is a copy of: by send id, by Message-ID, by the provider's id."""
    return await copy_of(mailbox, SENT, mail.provider_id, letter.message_id, as_id(letter.header(SEND_ID)))


async def copy_of(mailbox: Mailbox, direction: str, provider_id: str, message_id: str, send_id: UUID | None = None) -> Message | None:
    found = await rows(COPY, mailbox.id, direction, provider_id, message_id, send_id)
    return await Message.objects().where(Message.id == found[0]["id"]).first() if found else None


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def is_under_way(mailbox: Mailbox, mail: Mail, letter: Letter) -> bool:
    """We are sending it ourselves, at this moment: it is filed by whoever does."""
    return as_id(letter.header(SEND_ID)) is not None and mail.at > now() - LONGEST_UNDER_WAY and not mailbox.is_history(mail.at)


async def take_sent_elsewhere(mailbox: Mailbox, mail: Mail, letter: Letter, own: set[str], imported: bool) -> bool:
    """Log it against the people it went to, unless the rep logs nothing, or nobody of them; then only that it was sent is known."""
    outside = {address for _, _, address in letter.to} - own
    thread = await provider_thread(mailbox.id, mail.thread)
    person = await Person.objects().get(Person.id == mailbox.person)
    logs = person is not None and person.logs
    if why := await why_not_logged(mailbox, mail, letter, outside, logs or thread is not None):
        await account(mailbox, mail, why=why)
        return False
    message = await write(sent_elsewhere(mailbox, mail, letter, thread, logs, LOG_OFF if not logs else why_elsewhere(letter, own)))
    await account(mailbox, mail, message.id)
    if not is_quiet(mailbox, mail, imported):
        await announce(MessageSent(message.id))
    return True


async def why_not_logged(mailbox: Mailbox, mail: Mail, letter: Letter, outside: set[str], wanted: bool) -> str:
    """Empty if it is to be logged. What somebody moved into Sent was not sent by the rep."""
    if await copy_of(mailbox, RECEIVED, mail.provider_id, letter.message_id) is not None:
        return MOVED_HERE
    if not outside:
        return NOBODY_OUTSIDE
    if outside <= await refused(mailbox.person, outside):
        return NEVER_LOG
    return "" if wanted else LOG_OFF


def sent_elsewhere(mailbox: Mailbox, mail: Mail, letter: Letter, thread: Thread | None, logs: bool, left_out: str) -> Sent:
    return Sent(
        id=new_id(), workspace=mailbox.workspace, person=mailbox.person, mailbox=mailbox.id, thread=thread.id if thread else None,
        to=[To(address, name, kind) for kind, name, address in letter.to], subject=letter.subject, html=letter.html, text=letter.text, at=mail.at,
        sender=letter.sender or mailbox.address, sender_name=letter.sender_name, message_id=letter.message_id, provider_id=mail.provider_id,
        provider_thread=mail.thread, refers_to=" ".join(letter.refers_to), attachments=letter.attachments, logged=logs, imported=True,
        verified_at=mail.at, left_out=left_out, asks_read=bool(letter.header(ASKS_READ)),
    )  # fmt: skip


# What came in


async def take_received(mailbox: Mailbox, mail: Mail, letter: Letter, found: Recognition, own: set[str], imported: bool) -> bool:
    """Keep what answers us, reports on a mail of ours, or comes from a contact; everything else is none of our business."""
    if await had(mailbox, mail, letter):
        return False
    match = await answered(mailbox, mail, letter, found) if letter.sender not in own else None
    maybe = await by_subject(mailbox, letter, mail.at) if match is None and found.by_person and letter.sender not in own else None
    if match is None and await may_answer_what_is_unseen(mailbox, letter, found):
        raise TooEarly
    if match is not None:
        await rows(HOLD, match.message.id)
    thread = await thread_of_received(mailbox, mail, letter, match)
    never = await refuses(mailbox.person, letter.sender) is not None
    if match is None and (never or not found.by_person or not await concerns_us(mailbox, letter, own, thread)):
        return False
    logged = not never and (match is None or match.message.logged)
    message = await keep(mailbox, mail, letter, thread, match, found, logged)
    quiet = is_quiet(mailbox, mail, imported)
    await learn(message, found, letter)
    if match is not None:
        await follow_up(message, match, found, letter, match.message.imported and quiet)
    elif maybe is not None and logged and not quiet:
        await wonder(message, maybe)
    if found.by_person and logged and not quiet and letter.sender not in own:
        await announce(PersonWrote(message.id))
    return True


async def concerns_us(mailbox: Mailbox, letter: Letter, own: set[str], thread: Thread | None) -> bool:
    """It answers nothing, but somebody we know wrote it, or somebody in a conversation that we have."""
    if await is_among_us(mailbox, letter, own, thread):
        return False
    return bool(thread or await known(mailbox.workspace, [letter.sender]))


async def is_among_us(mailbox: Mailbox, letter: Letter, own: set[str], thread: Thread | None) -> bool:
    """Mail among ourselves is nobody's sales history, but what a colleague writes into a conversation that we have is part of it."""
    if letter.sender not in own:
        return False
    hers = await rows(HERS, mailbox.person, letter.sender)
    return thread is None or bool(hers)


async def had(mailbox: Mailbox, mail: Mail, letter: Letter) -> bool:
    """Was it taken in before? A mail that was moved has another id at Outlook, and is still the same."""
    message = await copy_of(mailbox, RECEIVED, mail.provider_id, letter.message_id)
    if message is None:
        return False
    if message.provider_id != mail.provider_id:
        await message.update_self({Message.provider_id: mail.provider_id})
    return True


async def answered(mailbox: Mailbox, mail: Mail, letter: Letter, found: Recognition) -> Match | None:
    """The mail of ours it is about. A report is ours only if it names our mail, or lies in our conversation."""
    ids = list(letter.refers_to) if found.by_person else list(dict.fromkeys([*found.original_ids, *letter.refers_to]))
    match = await by_header(mailbox, ids, mail.at)
    if match is None and found.kind in REPORTS:
        return await by_report(mailbox, mail.thread, letter, found, mail.at)
    match = match or await by_thread(mailbox, mail.thread, letter, mail.at)
    if match is not None and found.by_person and await is_among_colleagues(mailbox, letter.sender, match.message):
        return None
    if match is None and found.kind == AUTO_REPLY:
        return await by_sender(mailbox, letter.sender, mail.at)
    return match


async def may_answer_what_is_unseen(mailbox: Mailbox, letter: Letter, found: Recognition) -> bool:
    """A machine may answer before we have filed what it answers; and Outlook shows only later which Message-ID it gave our mail."""
    answers = bool(letter.refers_to) or found.kind in (*REPORTS, AUTO_REPLY)
    return answers and await unseen(mailbox)


async def thread_of_received(mailbox: Mailbox, mail: Mail, letter: Letter, match: Match | None) -> Thread | None:
    """The conversation of the mail it answers (even if the provider began another), else the provider's."""
    if match is not None:
        return await Thread.objects().where(Thread.id == match.message.thread).first()
    return await provider_thread(mailbox.id, mail.thread) if letter.sender else None


async def keep(mailbox: Mailbox, mail: Mail, letter: Letter, thread: Thread | None, match: Match | None, found: Recognition, logged: bool) -> Message:
    """Write it down; of what is not logged only that it came."""
    if thread is None:
        thread = await new_thread(mailbox.workspace, mailbox.person, mailbox.id, mail.thread, letter.subject if logged else "", mail.at)
    else:
        await touch(thread, mail.at, mail.thread if match is None or match.how == HEADER else "")
    contacts = await contacts_of(mailbox, letter, found) if logged else {}
    message = received(mailbox, mail, letter if logged else without_words(letter), thread, match, found, logged)
    await message.save()
    if logged and letter.to:
        await Recipient.insert(*(came_to(message, kind, name, address, contacts) for kind, name, address in letter.to))
    sender = contacts.get(letter.sender)
    if sender is not None and found.by_person:
        await acted([sender.id], "replied" if match else "received", mail.at)
    return message


def without_words(letter: Letter) -> Letter:
    return replace(letter, sender="", sender_name="", subject="", text="", html="", attachments=(), to=())


def received(mailbox: Mailbox, mail: Mail, letter: Letter, thread: Thread, match: Match | None, found: Recognition, logged: bool) -> Message:
    return Message(
        workspace=mailbox.workspace, person=mailbox.person, mailbox=mailbox.id, thread=thread.id, direction=RECEIVED, kind=kind_of(found, match),
        answers=match.message.id if match else None, provider_id=mail.provider_id, message_id=letter.message_id,
        provider_message_id=letter.message_id, refers_to=" ".join(letter.refers_to), sender=letter.sender, sender_name=letter.sender_name,
        subject=letter.subject, html=letter.html, text=letter.text, snippet=snippet_of(letter.text), attachments=list(letter.attachments),
        at=mail.at, logged=logged, imported=True, **(found.kept if logged else {}),
    )  # fmt: skip


def kind_of(found: Recognition, match: Match | None) -> str:
    """A person replies if they answer a mail of ours, whatever their headers say."""
    return (HUMAN_REPLY if match else OTHER) if found.by_person else found.kind


async def contacts_of(mailbox: Mailbox, letter: Letter, found: Recognition) -> dict[str, Contact]:
    """A person who answers is met, a colleague we never wrote to as well; the others only if we know them."""
    contacts = await known(mailbox.workspace, [letter.sender, *(address for _, _, address in letter.to)])
    if found.by_person and letter.sender and letter.sender not in await own_addresses(mailbox.workspace):
        contacts |= await meet_all(mailbox.workspace, {letter.sender: letter.sender_name})
    return contacts


def came_to(message: Message, kind: str, name: str, address: str, contacts: dict[str, Contact]) -> Recipient:
    contact = contacts.get(address)
    return Recipient(workspace=message.workspace, message=message.id, contact=contact.id if contact else None, kind=kind, address=address, name=name)
