"""What is only probable: which of several it was, whether a mail was passed on, and which requests are one showing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.clock import new_id, now
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.threads.filing import Sent, To, file_sent
from app.tracking.asking import touches_of
from app.tracking.overruling import overrule
from app.tracking.owning import devices_of
from app.tracking.tables import Verdict
from app.tracking.verdicts import judge_new
from tests import people
from tests.tracking.offers import LINKS, Offer

APPLE_MAIL = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16; Windows NT 10.0; Microsoft Outlook 16.0.16327)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
MACBOOK = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
ANNA, HENRIK = To("anna@alpenblick.example", "Anna Weber"), To("henrik@nord.example", "Henrik Larsen")
SABINE = To("sabine@ulm.example", "Sabine Vogt")


@pytest.fixture
async def session(offer: Offer) -> Me:
    return Me(offer.rep.person, offer.rep.workspace, await people.session(offer.rep), OWNER)


async def another(offer: Offer, *to: To, hours_ago: float = 1) -> Offer:
    message = await file_sent(Sent(
        id=new_id(), workspace=offer.rep.workspace.id, person=offer.rep.person.id, mailbox=offer.message.mailbox, to=to, subject="Price list",
        html="<p>Hello</p>", at=now() - timedelta(hours=hours_ago), message_id=f"<{new_id()}@brueckner.example>", links=LINKS,
        opens_tracked=True, clicks_tracked=True,
    ))  # fmt: skip
    return Offer(offer.rep, message)


async def likely_of(hit: UUID) -> Any:
    found = await Verdict.objects().where(Verdict.id == hit).output(load_json=True).first()
    assert found
    return found.likely


async def test_of_several_it_was_probably_the_one_whose_device_is_known(offer: Offer, session: Me) -> None:
    await offer.touched(600, APPLE_MAIL)
    shared = await another(offer, ANNA, HENRIK, SABINE, hours_ago=0.5)
    opened = await shared.touched(900, APPLE_MAIL, network="somewhere")
    await judge_new()
    assert (await likely_of(opened.id))["name"] == "Anna Weber"
    assert (await shared.state()).opened_by == '["Anna Weber"]'
    touch = (await touches_of(session, shared.message.id, "en"))[0]
    assert touch.likely == "Anna Weber"
    assert touch.reasons[-1].rule == "W1"


@pytest.mark.parametrize("agent", [OUTLOOK, GMAIL], ids=["a device nobody knows", "a proxy that hides it"])
async def test_nobody_is_named_whose_device_is_not_known(agent: str, offer: Offer) -> None:
    await offer.touched(600, APPLE_MAIL)
    shared = await another(offer, ANNA, HENRIK, hours_ago=0.5)
    opened = await shared.touched(900, agent)
    await judge_new()
    assert await likely_of(opened.id) == {}
    assert (await shared.state()).opened_by == "[]"


async def test_a_device_that_two_of_them_have_tells_nothing(offer: Offer) -> None:
    await offer.touched(600, APPLE_MAIL)
    await (await another(offer, HENRIK)).touched(600, APPLE_MAIL, network="henriks")
    shared = await another(offer, ANNA, HENRIK, hours_ago=0.5)
    opened = await shared.touched(900, APPLE_MAIL)
    await judge_new()
    assert await likely_of(opened.id) == {}


async def test_another_kind_of_network_is_not_the_same_device(offer: Offer) -> None:
    await offer.touched(600, APPLE_MAIL)
    shared = await another(offer, ANNA, HENRIK, hours_ago=0.5)
    opened = await shared.touched(900, APPLE_MAIL, role="apple-relay")
    await judge_new()
    assert await likely_of(opened.id) == {}


async def test_three_strangers_on_one_day_make_a_suspicion_with_its_reason(offer: Offer) -> None:
    await offer.touched(60, MACBOOK, network="office")
    await offer.touched(1200, OUTLOOK, network="elsewhere")
    await offer.touched(1500, THUNDERBIRD, network="a third place")
    await judge_new()
    assert "3 devices" in str((await offer.state()).forwarded_why) or '"count": 3' in str((await offer.state()).forwarded_why)


async def test_another_country_on_another_device_makes_one_too(offer: Offer) -> None:
    await offer.touched(60, MACBOOK, network="office")
    await offer.touched(1200, OUTLOOK, network="elsewhere", country="BR")
    await judge_new()
    assert '"country": "BR"' in str((await offer.state()).forwarded_why)


async def test_a_suspicion_ends_when_the_rep_says_it_was_themselves(offer: Offer, session: Me) -> None:
    await offer.touched(60, MACBOOK, network="office")
    abroad = await offer.touched(1200, OUTLOOK, network="elsewhere", country="BR")
    await judge_new()
    await overrule(await offer.verdict(abroad), session.person.id, "me")
    assert (await offer.state()).forwarded_why == "[]"


async def test_one_person_with_two_devices_does_not(offer: Offer) -> None:
    await offer.touched(60, MACBOOK, network="office")
    await offer.touched(1200, APPLE_MAIL, network="mobile")
    await offer.touched(2400, MACBOOK, network="home")
    await judge_new()
    assert (await offer.state()).forwarded_why == "[]"


async def test_a_device_known_from_other_mail_may_travel(offer: Offer) -> None:
    before = await another(offer, ANNA, hours_ago=30)
    await before.touched(600, APPLE_MAIL)
    await offer.touched(60, MACBOOK, network="office")
    await offer.touched(1200, APPLE_MAIL, network="roaming", country="AT")
    await judge_new()
    assert (await offer.state()).forwarded_why == "[]"


async def test_a_mail_to_several_is_never_called_forwarded(offer: Offer) -> None:
    shared = await another(offer, ANNA, HENRIK)
    for place, agent in enumerate((MACBOOK, OUTLOOK, THUNDERBIRD)):
        await shared.touched(600 + place * 300, agent, network=f"place {place}", country=("DE", "BR", "SE")[place])
    await judge_new()
    assert (await shared.state()).forwarded_why == "[]"


async def test_the_pixels_at_top_and_bottom_are_one_open(offer: Offer, heard: list[object]) -> None:
    first = await offer.touched(600, OUTLOOK)
    second = await offer.touched(600.4, OUTLOOK)
    await judge_new()
    assert (await offer.state()).opens == 1
    assert (await offer.verdict(second)).repeats == first.id
    assert len(heard) == 1


async def test_opened_again_later_or_elsewhere_is_another_open(offer: Offer) -> None:
    await offer.touched(600, OUTLOOK)
    await offer.touched(700, OUTLOOK)
    await offer.touched(701, OUTLOOK, network="another")
    await judge_new()
    assert (await offer.state()).opens == 3


async def test_the_devices_of_a_contact_are_those_that_mail_to_them_alone_showed(offer: Offer, session: Me) -> None:
    await offer.touched(600, APPLE_MAIL)
    await offer.touched(1800, GMAIL, role="google", network="google")
    await (await another(offer, ANNA, HENRIK)).touched(600, OUTLOOK)
    await judge_new()
    anna = await people.Contact.objects().get(people.Contact.address == ANNA.address)
    assert anna
    found = await devices_of(session, anna, "en")
    assert [(one.device["system"], one.device["client"], one.device["hidden_by"], one.device["place"]) for one in found] == [
        ("", "", "Google", ""), ("iPhone", "Apple Mail", "", "Germany"),
    ]  # fmt: skip
