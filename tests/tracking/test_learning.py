"""Gateways that give themselves away, mailboxes looked up by their exchangers, and history judged again."""

from collections import Counter
from datetime import timedelta

import pytest

from app.clock import new_id, now
from app.database import rows
from app.happenings import LoggingStopped, VerdictChanged
from app.threads.filing import Sent, To, file_sent
from app.tracking import looking_up
from app.tracking.deciding import FEWEST_MAILS
from app.tracking.forgetting import forget
from app.tracking.looking_up import look_up_due, provider_named, providers_of
from app.tracking.overruling import THEM, overrule
from app.tracking.rejudging import rejudge
from app.tracking.tokens import DECOY
from app.tracking.verdicts import judge_new
from tests import people
from tests.tracking.offers import LINKS, Offer
from tests.tracking.seen import GMAIL, OUTLOOK, SAFARI, chrome


async def another(offer: Offer, address: str = "anna@alpenblick.example") -> Offer:
    """One more mail of Miriam's, sent an hour ago."""
    (mailbox,) = await rows("SELECT mailbox FROM message WHERE id = $1", offer.message.id)
    message = await file_sent(
        Sent(
            id=new_id(), workspace=offer.rep.workspace.id, person=offer.rep.person.id, mailbox=mailbox["mailbox"], to=[To(address, "Anna Weber")],
            subject="Offer", html="<p>Hello</p>", at=now() - timedelta(hours=1), message_id=f"<{new_id()}@brueckner.example>",
            links=LINKS, opens_tracked=True, clicks_tracked=True,
        )
    )  # fmt: skip
    return Offer(offer.rep, message)


async def test_a_decoy_gives_away_everything_the_same_program_did(offer: Offer, heard: list[object]) -> None:
    first = await offer.touched(30, chrome(), "click", 0, network="gateway")
    await judge_new()
    assert (await offer.verdict(first)).verdict == "person"
    await offer.touched(34, chrome(), "click", DECOY, network="gateway")
    later = await offer.touched(900, SAFARI, "click", 1, network="home")
    await judge_new()
    assert VerdictChanged(offer.message.id, first.id, "person", "machine") in heard
    assert (await offer.verdict(later)).verdict == "person"
    assert (await offer.state()).clicks == 1


async def test_a_gateway_is_known_by_its_clock_after_some_mails(offer: Offer, heard: list[object]) -> None:
    for _ in range(FEWEST_MAILS):
        mail = await another(offer)
        await mail.touched(40, chrome(), "click", DECOY)
        await judge_new()
    mail = await another(offer)
    scanned = await mail.touched(41, chrome(), "click", 0, network="elsewhere")
    read = await mail.touched(400, chrome(), "click", 0, network="home")
    stranger = await another(offer, "kim@elsewhere.example")
    same_second = await stranger.touched(41, chrome(), "click", 0, network="third")
    await judge_new()
    found = await mail.verdict(scanned)
    assert found.verdict != "person"
    assert "G1" in found.rules
    assert (await mail.verdict(read)).verdict == "person"
    assert (await stranger.verdict(same_second)).verdict == "person"


async def test_what_is_forgotten_teaches_nothing_any_more(offer: Offer, heard: list[object]) -> None:
    await offer.touched(40, chrome(), "click", DECOY)
    await judge_new()
    assert [row["domain"] for row in await rows("SELECT domain FROM gateway_lesson")] == ["alpenblick.example"]
    await forget(LoggingStopped(offer.rep.person.id, "alpenblick.example"))
    assert await rows("SELECT id FROM gateway_lesson") == []


async def test_colleagues_touched_in_one_second_were_touched_by_a_machine(offer: Offer, heard: list[object]) -> None:
    mails = [await another(offer, f"{name}@alpenblick.example") for name in ("anna", "bruno", "clara")]
    at = now() - timedelta(minutes=20)
    first = await mails[0].touched(0, chrome(), network="a", at=at)
    await judge_new()
    for place, mail in enumerate(mails[1:]):
        await mail.touched(0, chrome(), network="bc"[place], at=at + timedelta(milliseconds=200))
    await judge_new()
    assert (await mails[0].verdict(first)).verdict == "machine"
    assert "C3" in (await mails[0].verdict(first)).rules


async def test_a_colleague_who_looks_at_the_mail_is_one_of_us(offer: Offer, heard: list[object]) -> None:
    jonas = await people.rep("Jonas Brandt", "jonas@brueckner.example", offer.rep.workspace)
    await people.session(jonas, network="office", tomorrows_network="office-tomorrow", user_agent=chrome(), seen_at=offer.message.at)
    today, tomorrow = await offer.touched(900, chrome(), network="office"), await offer.touched(1900, chrome(), network="office-tomorrow")
    await judge_new()
    assert [(await offer.verdict(hit)).verdict for hit in (today, tomorrow)] == ["self", "self"]


async def test_judging_again_changes_nothing_by_itself(offer: Offer, heard: list[object]) -> None:
    await offer.touched(900, OUTLOOK)
    await offer.touched(34, chrome(), "click", DECOY, network="gateway")
    await judge_new()
    difference = await rejudge(now() - timedelta(days=1), write=True)
    assert (difference.hits, difference.changed) == (2, 0)


async def test_judging_again_shows_first_and_writes_when_told(offer: Offer, heard: list[object]) -> None:
    opened, kept = await offer.touched(900, OUTLOOK), await offer.touched(2000, SAFARI, "click", 1)
    await judge_new()
    await overrule(await offer.verdict(kept), offer.rep.person.id, THEM)
    await rows("UPDATE verdict SET verdict = 'machine'")
    shown = await rejudge(now() - timedelta(days=1), write=False)
    assert shown.kinds == Counter({("machine", "person"): 1})
    assert (await offer.verdict(opened)).verdict == "machine"
    assert await rejudge(now() - timedelta(days=1), write=True) == shown
    assert ((await offer.verdict(opened)).verdict, (await offer.verdict(kept)).verdict) == ("person", "machine")
    assert (await offer.state()).opens == 1
    assert heard[-1] == VerdictChanged(offer.message.id, opened.id, "machine", "person")
    assert (await rejudge(now() - timedelta(days=1), write=True)).changed == 0


async def test_where_a_mailbox_is_decides_which_proxy_fits(offer: Offer, heard: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def at_microsoft(domain: str) -> str:
        asked.append(domain)
        return "microsoft"

    monkeypatch.setattr(looking_up, "provider_at", at_microsoft)
    before = await offer.touched(900, GMAIL, role="google")
    await judge_new()
    assert (await offer.verdict(before)).verdict == "person"
    assert [await look_up_due(), await look_up_due()] == [1, 0]
    assert asked == ["alpenblick.example"]
    await offer.touched(5000, GMAIL, role="google")
    await judge_new()
    assert (await offer.verdict(before)).verdict == "unknown"


async def test_a_domain_that_dns_does_not_answer_for_is_asked_again_later(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(domain: str) -> str:
        return ""

    monkeypatch.setattr(looking_up, "provider_at", silent)
    await looking_up.want(["alpenblick.example", ""])
    assert [await look_up_due(), await look_up_due()] == [1, 0]
    assert await providers_of(["alpenblick.example"]) == {}


@pytest.mark.parametrize(
    ("exchangers", "provider"),
    [
        (["aspmx.l.google.com.", "alt1.aspmx.l.google.com."], "google"),
        (["alpenblick-example.mail.protection.outlook.com."], "microsoft"),
        (["mta5.am0.yahoodns.net."], "yahoo"),
        (["mx01.mail.icloud.com."], "apple"),
        (["mxa-00206401.gslb.pphosted.com."], "other"),
        (["google.com.evil.example."], "other"),
        ([], "other"),
    ],
)
def test_exchangers_tell_the_provider(exchangers: list[str], provider: str) -> None:
    assert provider_named(exchangers) == provider


async def test_reserved_names_are_never_asked_about() -> None:
    assert await looking_up.provider_at("alpenblick.example") == "other"
