"""Reports that machines write about a mail: not delivered (RFC 3464), displayed (RFC 8098), complained about (RFC 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.contacts.addresses import is_address, normal
from app.threads.reading import MESSAGE_IDS, Letter

DELIVERY, DISPOSITION, FEEDBACK = "message/delivery-status", "message/disposition-notification", "message/feedback-report"
FAILED, DELAYED, DELIVERED, RELAYED = "failed", "delayed", "delivered", "relayed"
LONGEST_WHY = 300
LOOKED_AT = 60_000
MOST_RECIPIENTS = 100

FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
RETURNED_ID = re.compile(r"^[>\s]{0,10}message-id[ \t]*:\s{0,4}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
ADDRESSES = re.compile(r"[^\s@<>(),;:\"\[\]]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True)
class Block:
    """What a delivery report says about one recipient."""

    address: str
    action: str
    status: str
    why: str


def fields(text: str) -> dict[str, str]:
    """The fields of one block, tolerant of blanks before the colon (SquirrelMail) and of every case."""
    return {name.lower(): " ".join(value.split()) for name, value in FIELD.findall(text)}


def part(mail: Letter, kind: str) -> str:
    return next((one.content for one in mail.reports if one.type.replace("global-", "") == kind), "")


def blocks(mail: Letter) -> list[Block]:
    """Each recipient apart, so that one's diagnosis never lands on another."""
    return [block for chunk in re.split(r"\n[ \t]*\n", part(mail, DELIVERY))[: MOST_RECIPIENTS + 1] if (block := block_of(fields(chunk)))]


def block_of(found: dict[str, str]) -> Block | None:
    if "action" not in found and "final-recipient" not in found and "original-recipient" not in found:
        return None
    address = address_in(found.get("original-recipient", "")) or address_in(found.get("final-recipient", ""))
    diagnostic = found.get("diagnostic-code", "").partition(";")[2].strip() or found.get("diagnostic-code", "")
    action = next((known for known in (FAILED, DELAYED, DELIVERED, RELAYED) if found.get("action", "").lower().startswith(known[:6])), "")
    status = found.get("status", "").split(" ")[0]
    return Block(address, action or action_by(status), status, (diagnostic or found.get("status", ""))[:LONGEST_WHY])


def action_by(status: str) -> str:
    return {"5": FAILED, "4": DELAYED, "2": DELIVERED}.get(status[:1], "")


def address_in(value: str) -> str:
    """`rfc822; anna@example.com` and all its misspellings."""
    candidate = normal(value.rpartition(";")[2].strip().strip("<>"))
    return candidate if is_address(candidate) else next(iter(addresses_in(value)), "")


def addresses_in(text: str) -> list[str]:
    return list(dict.fromkeys(normal(found) for found in ADDRESSES.findall(text[:LOOKED_AT])))[:MOST_RECIPIENTS]


def displayed(mail: Letter) -> bool | None:
    """Does a read receipt say that it was displayed? None if it is no read receipt; deleted unread is False."""
    told = part(mail, DISPOSITION)
    return "displayed" in fields(told).get("disposition", "").lower() if told else None


def reported_ids(mail: Letter) -> list[str]:
    """The mail that is reported on, likeliest first: what came back, what the report names, what the text quotes, what it answers."""
    named = [value for name, value in fields(part(mail, DISPOSITION)).items() if name == "original-message-id"]
    sources: Iterator[list[str]] = iter(
        [
            [found for one in mail.returned for found in RETURNED_ID.findall(one.content[:LOOKED_AT])],
            [found for value in named for found in MESSAGE_IDS.findall(value)],
            RETURNED_ID.findall(mail.text[:LOOKED_AT]),
            [found for name in ("x-microsoft-original-message-id", "x-original-message-id") for found in MESSAGE_IDS.findall(mail.header(name))],
            list(mail.refers_to),
        ]
    )
    return [found for found in dict.fromkeys(one for source in sources for one in source) if found != mail.message_id]
