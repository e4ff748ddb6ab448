"""What a mail is and why, for `nachfass explain-mail`: the same rules as for the mailbox, without database and settings."""

from typing import Any

from app.errors import Unreadable
from app.threads.reading import read
from app.threads.recognising.judging import recognise
from app.threads.recognising.kinds import OTHER
from app.threads.recognising.verdict import Recognition, Sentence

NO_MAIL = "no-mail"


def explained(file: str, raw: bytes) -> dict[str, Any]:
    """One mail as `{"file", "kind", "status", "recipient", "original_message_id", "return_date", "rules", "why"}`.

    `status` is an enhanced code (RFC 3463), `recipient` the addresses it is about, separated by semicolons, `return_date` an
    ISO date or null; what is not known is empty. What is no mail at all is `other`, with the reason.
    """
    found = recognised(raw)
    return {
        "file": file,
        "kind": found.kind,
        "status": found.status,
        "recipient": ";".join(found.recipients),
        "original_message_id": found.original_message_id,
        "return_date": found.return_date.isoformat() if found.return_date else None,
        "rules": list(found.rules),
        "why": found.words,
    }


def recognised(raw: bytes) -> Recognition:
    try:
        return recognise(read(raw))
    except Unreadable as refusal:
        return Recognition(OTHER, (NO_MAIL,), (Sentence(refusal.sentence, {name: str(value) for name, value in refusal.values.items()}),))
