"""Which folder is which: by special use (RFC 6154), else by the names that programs give them in many languages."""

import hashlib
from collections.abc import Sequence

from app.mailboxes.providers.base import INBOX, SENT
from app.mailboxes.providers.imap_line import ImapLine
from app.mailboxes.providers.imap_words import Folder

SENT_NAMES = (
    "sent", "sent items", "sent messages", "sent mail", "sent-mail", "gesendet", "gesendete objekte", "gesendete elemente",
    "gesendete nachrichten", "gesendete mails", "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados",
    "itens enviados", "enviadas", "inviata", "posta inviata", "inviati", "elementi inviati", "verzonden", "verzonden items",
    "verzonden berichten", "wysłane", "elementy wysłane", "sendt", "sendte elementer", "sendt post", "skickat", "skickade objekt",
    "odeslané", "odeslaná pošta", "odoslané", "lähetetyt", "lähetetyt viestit", "отправленные", "надіслані", "gönderilmiş",
    "gönderilmiş öğeler", "elküldött", "trimise", "απεσταλμένα", "送信済み", "送信済みアイテム", "已发送", "已傳送郵件", "보낸편지함",
)  # fmt: skip
TRASH_NAMES = (
    "trash", "deleted items", "deleted messages", "papierkorb", "gelöscht", "gelöschte objekte", "gelöschte elemente", "corbeille",
    "papelera", "cestino", "prullenbak", "kosz",
)  # fmt: skip
IDLE_NAMES = (
    "drafts", "entwürfe", "entwurf", "brouillons", "borradores", "bozze", "concepten", "junk", "junk e-mail", "spam", "spamverdacht", "bulk mail",
    "unerwünscht", "werbung", "templates", "vorlagen", "outbox", "postausgang", "unbekannt", "notes", "notizen",
)  # fmt: skip
SKIPPED = frozenset({"\\noselect", "\\nonexistent", "\\drafts", "\\trash", "\\junk", "\\all", "\\flagged", "\\sent"})
MOST_FOLDERS = 40
"""Other folders that are looked into: rules may file an answer anywhere, but nobody asks thousands every 20 seconds."""


def sent_folder(folders: Sequence[Folder]) -> Folder | None:
    return special(folders, "\\sent", SENT_NAMES)


def trash_folder(folders: Sequence[Folder]) -> Folder | None:
    return special(folders, "\\trash", TRASH_NAMES)


def special(folders: Sequence[Folder], use: str, names: Sequence[str]) -> Folder | None:
    """By its use; else the one whose name comes first in our list."""
    usable = [folder for folder in folders if not folder.flags & {"\\noselect", "\\nonexistent"}]
    marked = next((folder for folder in usable if use in folder.flags), None)
    named = sorted((folder for folder in usable if folder.words.casefold() in names), key=lambda folder: names.index(folder.words.casefold()))
    return marked or next(iter(named), None)


def others(folders: Sequence[Folder]) -> list[Folder]:
    """Where a rule may put an answer: everything but inbox, Sent, and what holds drafts, spam or rubbish. Gmail's labels all lie in All Mail."""
    all_mail = [folder for folder in folders if "\\all" in folder.flags and "\\noselect" not in folder.flags]
    if all_mail:
        return all_mail[:1]
    set_apart = {folder.name for folder in (sent_folder(folders), trash_folder(folders)) if folder}
    found = [
        folder for folder in folders
        if folder.name.upper() != "INBOX" and folder.name not in set_apart
        and not folder.flags & SKIPPED and folder.words.casefold() not in IDLE_NAMES
    ]  # fmt: skip
    return found[:MOST_FOLDERS]


def key_of(folder: Folder) -> str:
    """A short name for a folder that may be called anything."""
    return f"folder-{hashlib.sha256(folder.name.encode()).hexdigest()[:20]}"


async def places(line: ImapLine) -> dict[str, str]:
    """What we call a folder, and what the server calls it."""
    folders = await line.folders()
    sent = sent_folder(folders)
    return {INBOX: "INBOX", **({SENT: sent.name} if sent else {}), **{key_of(folder): folder.name for folder in others(folders)}}


async def sent_place(line: ImapLine) -> str:
    """The Sent folder, made if there is none: at the top, or below INBOX where nothing else may be made."""
    if found := sent_folder(await line.folders()):
        return found.name
    inbox = next((folder for folder in await line.folders() if folder.name.upper() == "INBOX"), None)
    beneath = any(folder.name.upper().startswith("INBOX" + folder.delimiter) for folder in await line.folders() if folder.delimiter)
    name = f"INBOX{inbox.delimiter}Sent" if inbox and inbox.delimiter and beneath else "Sent"
    await line.create(name)
    return name
