"""What is it? Report parts by their action first, then letters of mail servers, then automatic answers, then lists; who is left is a person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from app.threads.reading import Letter
from app.threads.recognising.answering_machines import automatic_answer
from app.threads.recognising.arriving import worded_arrival
from app.threads.recognising.bounces import SERVER, letter_of_a_server
from app.threads.recognising.complaints import complaint
from app.threads.recognising.delivery import reported, results_in
from app.threads.recognising.kinds import AUTO_REPLY, BOUNCE_HARD, BOUNCE_SOFT, DELIVERY_RECEIPT, REPORTS
from app.threads.recognising.listing import of_a_list
from app.threads.recognising.originals import originals
from app.threads.recognising.persons import person_or_program
from app.threads.recognising.reasons import ARRIVED
from app.threads.recognising.receipts import read_receipt
from app.threads.recognising.returning import back_on
from app.threads.recognising.seen import Seen
from app.threads.recognising.services import notification
from app.threads.recognising.standing_in import stand_in
from app.threads.recognising.verdict import DELAYED, DELIVERED, FAILED, Recognition, Result, Sentence
from app.web.locale import N_

FAILED_REPORT = Sentence(N_("A delivery report says that it failed."))
DELAYED_REPORT = Sentence(N_("A delivery report says that it is delayed."))
DELIVERED_REPORT = Sentence(N_("A delivery report says that it arrived."))
RELAYED_REPORT = Sentence(N_("A delivery report says that it was passed on to a server that confirms nothing further."))
BACK = Sentence(N_("Back on %(date)s."))

Rule = Callable[[Seen], Recognition | None]


def recognise(mail: Letter) -> Recognition:
    """The kind of a mail with its reasons; relative dates in it count from the day it was written."""
    seen = Seen(mail)
    found = next((found for rule in RULES if (found := rule(seen))), None) or person_or_program(seen)
    found = replace(found, original_ids=found.original_ids or originals(seen, found.kind in REPORTS))
    return with_absence(seen, found) if found.kind == AUTO_REPLY else found


def delivery_report(seen: Seen) -> Recognition | None:
    """RFC 3464: the action counts, not the type of the report."""
    report = reported(seen)
    if not report:
        return None
    results = results_in(report, seen.server_words)
    return of_results(results, (), FAILED_REPORT) if results else None


def servers_letter(seen: Seen) -> Recognition | None:
    found = letter_of_a_server(seen)
    return of_results(found[1], found[0], SERVER) if found else None


def of_results(results: list[Result], rules: tuple[str, ...], failed: Sentence) -> Recognition:
    """One kind for several recipients: a failure before a delay, a delay before a delivery; hard if most of the failed are."""
    failing = [one for one in results if one.action == FAILED]
    waiting = [one for one in results if one.action == DELAYED]
    if failing:
        hard = [one for one in failing if one.is_hard]
        telling = hard if len(hard) * 2 >= len(failing) else [one for one in failing if not one.is_hard]
        return bounced(BOUNCE_HARD if telling is hard else BOUNCE_SOFT, results, telling[0], rules or ("rfc3464-failed",), failed)
    if waiting:
        return bounced(BOUNCE_SOFT, results, waiting[0], rules or ("rfc3464-delayed",), DELAYED_REPORT)
    first = results[0]
    why = RELAYED_REPORT if first.action == "relayed" else DELIVERED_REPORT
    return Recognition(DELIVERY_RECEIPT, (*rules, f"rfc3464-{first.action}"), (why,), status=first.status, results=tuple(results))


def bounced(kind: str, results: list[Result], first: Result, rules: tuple[str, ...], why: Sentence) -> Recognition:
    told = (*rules, f"reason-{first.reason.name}")
    return Recognition(kind, told, (why, Sentence(first.reason.words)), status=first.status, results=tuple(results))


def with_absence(seen: Seen, found: Recognition) -> Recognition:
    """When they are back and who answers meanwhile, if the mail says so."""
    day = back_on(f"{seen.subject}\n{seen.own_words}", written_on(seen))
    why = (*found.why, Sentence(BACK.words, {"date": day.isoformat()})) if day else found.why
    away = Result(seen.mail.sender, DELIVERED, "", "", ARRIVED)
    return replace(found, results=(away,), return_date=day, stand_in=stand_in(seen), why=why)


def written_on(seen: Seen) -> date | None:
    return seen.mail.written_on


RULES: list[Rule] = [complaint, read_receipt, delivery_report, notification, worded_arrival, servers_letter, automatic_answer, of_a_list]
