"""Which mail a received one is about: the Message-ID of the copy that came back, what a receipt names, what is answered."""

from app.threads.recognising.fields import BLANK, MESSAGE_IDS, RETURNED_ID, fields, first_block_id
from app.threads.recognising.receipts import named_by_receipt
from app.threads.recognising.seen import Seen

REPLACED = ("x-microsoft-original-message-id", "x-google-original-message-id", "x-original-message-id", "x-riferimento-message-id")


def originals(seen: Seen, is_report: bool) -> tuple[str, ...]:
    """Ids with their brackets, likeliest first."""
    answered = list(seen.mail.refers_to)
    replaced = [found for name in REPLACED for found in MESSAGE_IDS.findall(seen.header(name))]
    if not is_report:
        return tuple(dict.fromkeys(answered))
    elsewhere = [one for one in (*named_in_report(seen), *replaced_in(seen), *replaced, *answered) if one != seen.mail.message_id]
    return tuple(dict.fromkeys([*named_by_receipt(seen), *returned_ids(seen), *elsewhere]))


def named_in_report(seen: Seen) -> list[str]:
    """Gmail names it among the fields of its report."""
    found = [fields(one.content[:5_000]).get("x-original-message-id", "") for one in seen.mail.reports]
    return [one for value in found for one in MESSAGE_IDS.findall(value)]


def replaced_in(seen: Seen) -> list[str]:
    """A server that gave our mail an id of its own kept ours beside it."""
    heads = [fields(BLANK.split(one.content.replace("\r\n", "\n").lstrip("\n"), maxsplit=1)[0]) for one in seen.mail.returned]
    return [found for head in heads for name in REPLACED for found in MESSAGE_IDS.findall(head.get(name, ""))]


def returned_ids(seen: Seen) -> list[str]:
    """In the head of what came back, never further down: that would be a mail inside it."""
    parts = [first_block_id(one.content) for one in seen.mail.returned]
    notes = [first_block_id(note) for note in seen.mail.notes]
    text = RETURNED_ID.search(seen.returned_text)
    told = RETURNED_ID.search(seen.server_words)
    reports = [found[1] for one in seen.mail.reports if (found := RETURNED_ID.search(one.content))]
    return [found for found in (*parts, text[1] if text else "", told[1] if told else "", *notes, *reports) if found]
