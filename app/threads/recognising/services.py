"""What sending services post as JSON: Amazon SES through SNS tells of bounces, complaints and deliveries in the text of a mail."""

import json
import re
from typing import Any

from app.threads.recognising.complaints import MARKED
from app.threads.recognising.delivery import result_of
from app.threads.recognising.fields import codes_in
from app.threads.recognising.kinds import BOUNCE_HARD, BOUNCE_SOFT, COMPLAINT, DELIVERY_RECEIPT
from app.threads.recognising.reasons import ARRIVED
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELIVERED, Recognition, Result, Sentence
from app.web.locale import N_

NOTIFIES = re.compile(r'"(?:notificationType|eventType)"\s*:\s*"(Bounce|Complaint|Delivery|DeliveryDelay)"')
LARGEST = 100_000

BOUNCED = Sentence(N_("Amazon's mail service reports that it did not arrive."))
ARRIVED_THERE = Sentence(N_("Amazon's mail service reports that the other server took it."))


def notification(seen: Seen) -> Recognition | None:
    """An SES event as JSON (Amazon SES, notification contents)."""
    text = seen.mail.text[:LARGEST]
    if ("notificationType" not in text and "eventType" not in text) or not NOTIFIES.search(text):
        return None
    told = parsed(text)
    what = str(told.get("notificationType") or told.get("eventType") or "")
    if what == "Complaint":
        return Recognition(COMPLAINT, ("ses-complaint",), (MARKED,), results=tuple(complained(told)), original_ids=ids(told))
    if what == "Delivery":
        results = tuple(delivered(told))
        status = next((one.status for one in results), "")
        return Recognition(DELIVERY_RECEIPT, ("ses-delivery",), (ARRIVED_THERE,), status=status, results=results, original_ids=ids(told))
    return bounced(told) if what in ("Bounce", "DeliveryDelay") else None


def parsed(text: str) -> dict[str, Any]:
    start, end = text.find("{"), text.rfind("}")
    for candidate in (text[start : end + 1], joined(text[start : end + 1]), first_line(text[start:])):
        try:
            found = json.JSONDecoder().raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            continue
        return unwrapped(found) if isinstance(found, dict) else {}
    return {}


def joined(text: str) -> str:
    """Mail programs fold the long line."""
    return text.replace("\r", "").replace("\n", "")


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def unwrapped(found: dict[str, Any]) -> dict[str, Any]:
    """SNS may wrap the event as a string."""
    inner = found.get("Message")
    return parsed(inner) if isinstance(inner, str) and "notificationType" in inner else found


def part(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return next((value for name in names if isinstance(value := told.get(name), dict)), {})


def people(of: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [one if isinstance(one, dict) else {"emailAddress": str(one)} for one in found[:100]] if isinstance(found, list) else []


def address(one: dict[str, Any]) -> str:
    return str(one.get("emailAddress", "")).strip("<> ").lower()[:320]


def complained(told: dict[str, Any]) -> list[Result]:
    return [Result(address(one), DELIVERED, "", "", ARRIVED) for one in people(part(told, "complaint"), "complainedRecipients")]


def delivered(told: dict[str, Any]) -> list[Result]:
    reply = str(part(told, "delivery").get("smtpResponse") or "")[:300]
    status = next(iter(codes_in(reply)), "2.0.0")
    return [Result(address(one), DELIVERED, status, reply, ARRIVED) for one in people(part(told, "delivery"), "recipients")]


def bounced(told: dict[str, Any]) -> Recognition:
    of = part(told, "bounce", "deliveryDelay")
    results = tuple(result_of(fields(one), "") for one in people(of, "bouncedRecipients") + people(of, "delayedRecipients"))
    hard = any(one.is_hard for one in results)
    status = next((one.status for one in results), "")
    return Recognition(BOUNCE_HARD if hard else BOUNCE_SOFT, ("ses-bounce",), (BOUNCED,), status=status, results=results, original_ids=ids(told))


def fields(one: dict[str, Any]) -> dict[str, str]:
    """SES names the fields of RFC 3464 its own way."""
    return {
        "final-recipient": address(one),
        "action": str(one.get("action") or ""),
        "status": str(one.get("status") or ""),
        "diagnostic-code": str(one.get("diagnosticCode") or ""),
    }


def ids(told: dict[str, Any]) -> tuple[str, ...]:
    """The Message-ID we set, where SES gives the headers; its own id else."""
    mail = part(told, "mail")
    named = str(part(mail, "commonHeaders").get("messageId") or "")
    heads = [str(one.get("value")) for one in people(mail, "headers") if str(one.get("name")).lower() == "message-id"]
    return tuple(dict.fromkeys(one for one in (*heads, named) if one.startswith("<")))
