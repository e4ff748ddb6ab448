"""The decision table, case by case: the ones that are written in our facts, and what hindsight makes of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import new_id
from app.tracking.describing import described
from app.tracking.devices import device_of
from app.tracking.judging import judge
from app.tracking.rules import RULES
from app.tracking.scenes import Found, Judgement, Mail, OwnPlace, Scene, Seen
from app.tracking.sweeps import all_at_once
from app.tracking.tokens import DECOY
from app.tracking.weighing import current_major
from tests.tracking.seen import APPLE_MAIL, GMAIL, GMAIL_AHEAD, OLD_CHROME, OUTLOOK, SAFARI, SENT, YAHOO, chrome, hit


def judged(seen: Seen, **scene: Any) -> Judgement:
    return judge(seen, Scene(SENT, **scene))


def swept_of(hits: list[Seen], links: int) -> Found:
    return all_at_once(hits, Mail(new_id(), new_id(), SENT, links, hits), {})


def rules_of(judgement: Judgement) -> list[str]:
    return [reason.rule for reason in judgement.reasons]


@pytest.mark.parametrize(
    ("what", "seen", "verdict", "rule"),
    [
        ("Apple Mail on an iPhone after an hour", hit(3600, APPLE_MAIL), "person", "B1"),
        ("Outlook desktop after ten minutes", hit(600, OUTLOOK, headers={}), "person", "B1"),
        ("Safari follows a link", hit(600, SAFARI, "click"), "person", "B2"),
        ("a current Chrome follows a link", hit(3600, chrome(), "click"), "person", "B2"),
        ("a Chrome of last year follows a link", hit(3600, chrome(current_major(SENT) - 15), "click"), "person", "B2"),
        ("HEAD", hit(3600, SAFARI, "click", method="HEAD"), "machine", "A2"),
        ("a link that no person can see", hit(3600, SAFARI, "click", DECOY), "machine", "A3"),
        ("an altered address", hit(3600, SAFARI, "click", is_altered=True), "machine", "A4"),
        ("Proton ahead of reading", hit(3600, chrome(), role="proton"), "unknown", "A17"),
        ("Gmail's proxy from elsewhere", hit(3600, GMAIL, role="amazon"), "machine", "A19"),
        ("nothing known", hit(3600, "", knows_agent=False), "unknown", "U2"),
        ("Private Relay", hit(3600, SAFARI, "click", role="apple-relay"), "person", "B7"),
        ("a desktop in Azure", hit(3600, chrome(), "click", role="microsoft-cloud"), "unknown", "B6"),
        ("a browser among the mailboxes of Exchange Online", hit(3600, chrome(), role="exchange-online"), "unknown", "B6m"),
        ("a click from among the mailboxes of Exchange Online", hit(8, chrome(), "click", role="exchange-online"), "machine", "B6"),
        ("behind Zscaler", hit(3600, chrome(), "click", role="zscaler"), "person", "B2"),
        ("Mimecast an hour later", hit(4000, chrome(), "click", role="mimecast"), "unknown", "B5"),
        ("a prefetch", hit(3600, SAFARI, headers={"sec-purpose": "prefetch;prerender"}), "machine", "A5"),
        ("before delivery", hit(-20, SAFARI, "click"), "machine", "A6"),
        ("Apple's privacy protection", hit(3600, "Mozilla/5.0", headers={}), "unknown", "A7"),
        ("a nameless program on a link", hit(3600, "Mozilla/5.0", "click"), "machine", "A8"),
        ("Gmail loading ahead", hit(60, GMAIL_AHEAD), "machine", "A9"),
        ("Barracuda", hit(60, "Barracuda Sentinel (EE)", "click"), "machine", "A10"),
        ("a network of mail filters", hit(3600, SAFARI, "click", role="microsoft-365-protection"), "machine", "A11"),
        ("Slack", hit(3600, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "click"), "machine", "A12"),
        ("curl", hit(3600, "curl/8.5.0", "click"), "machine", "A13"),
        ("no name at all", hit(3600, ""), "machine", "A13n"),
        ("Yahoo's proxy", hit(3600, YAHOO), "person", "A14"),
        ("Gmail's proxy at once", hit(1, GMAIL), "unknown", "A15q"),
        ("Gmail's proxy after 17 s, as logged", hit(17, GMAIL), "person", "A15"),
        ("an image proxy on a link", hit(600, GMAIL, "click"), "machine", "A16"),
        ("a stale Chrome within seconds, from Safe Links", hit(5, OLD_CHROME, "click", role="microsoft", headers={}), "machine", "B5"),
        ("anything within a second", hit(0.5, OLD_CHROME, headers={}), "machine", "B8"),
    ],
)
def test_each_kind_of_visitor_is_told_from_the_others(what: str, seen: Seen, verdict: str, rule: str) -> None:
    found = judged(seen)
    assert (found.verdict, rule in rules_of(found)) == (verdict, True), what
    assert set(rules_of(found)) <= set(RULES)
    assert 0 < found.confidence <= 1


def test_gmail_after_17_seconds_is_eighty_percent_sure_and_shows_no_device() -> None:
    seen = hit(17, GMAIL)
    assert judged(seen).confidence == 0.80
    assert described(seen, "person") == {"kind": "hidden", "system": "", "client": "", "hidden_by": "Google", "country": ""}


def test_outlook_that_opens_and_clicks_within_a_second_is_a_person() -> None:
    opened, clicked = hit(900, OUTLOOK, headers={}), hit(900.5, chrome(), "click")
    assert judged(opened).verdict == "person"
    assert judged(clicked, earlier=((opened, "person"),)).verdict == "person"
    assert swept_of([opened, clicked], links=3) == {}


def test_two_ordinary_devices_twelve_seconds_apart_both_stay_people() -> None:
    first, second = hit(600, SAFARI, "click", network="a"), hit(612, chrome(), "click", network="b")
    assert [judged(one, links=1).verdict for one in (first, second)] == ["person", "person"]
    assert swept_of([first, second], links=1) == {}


def test_the_sender_on_their_own_device_is_not_counted_but_a_colleague_in_the_same_office_may_be() -> None:
    own = (OwnPlace("n", chrome()),)
    assert judged(hit(600, chrome(), "click"), own=own).verdict == "self"
    assert judged(hit(600, chrome(), "click"), own=(OwnPlace("elsewhere", chrome()),)).verdict == "person"
    colleague = judged(hit(600, APPLE_MAIL), own=own)
    assert "B14n" in rules_of(colleague)


def test_yahoo_asking_again_within_a_minute_is_not_a_second_open() -> None:
    first = hit(100, YAHOO)
    assert rules_of(judged(hit(130, YAHOO), earlier=((first, "person"),))) == ["A14r"]
    assert judged(hit(200, YAHOO), earlier=((first, "person"),)).verdict == "person"


def test_gmail_fetching_again_later_is_surer_than_the_first_time() -> None:
    again = judged(hit(90, GMAIL), earlier=((hit(1, GMAIL), "unknown"),))
    assert (again.verdict, again.confidence, rules_of(again)[0]) == ("person", 0.92, "A15s")


def test_whoever_follows_all_links_at_once_is_a_machine_and_so_is_the_open_around_it() -> None:
    clicks = [hit(600 + n / 3, chrome(), "click", link=n) for n in range(3)]
    opened, other = hit(599, chrome()), hit(599, APPLE_MAIL, network="phone")
    swept = swept_of([opened, other, *clicks], links=3)
    assert set(swept) == {opened.id, *(click.id for click in clicks)}
    assert {found.verdict for found in swept.values()} == {"machine"}
    assert swept[clicks[0].id].reasons[0].values == (("count", 3), ("seconds", 1))


def test_a_reader_who_follows_three_links_in_a_minute_is_a_person() -> None:
    assert swept_of([hit(600 + n * 20, SAFARI, "click", link=n) for n in range(3)], links=3) == {}


def test_both_of_two_links_in_a_second_are_only_likely_a_machine() -> None:
    swept = swept_of([hit(600 + n / 2, SAFARI, "click", link=n) for n in range(2)], links=2)
    assert [found.confidence for found in swept.values()] == [0.70, 0.70]
    assert swept_of([hit(600 + n / 2, SAFARI, "click", link=n) for n in range(2)], links=5) == {}


def test_a_double_click_is_one_link() -> None:
    assert swept_of([hit(600 + n / 5, SAFARI, "click", link=1) for n in range(4)], links=2) == {}


@pytest.mark.parametrize(
    ("agent", "kind", "system", "client"),
    [
        (APPLE_MAIL, "phone", "iPhone", "Apple Mail"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", "computer", "Mac", "Apple Mail"),
        (SAFARI, "phone", "iPhone", "Safari"),
        (OUTLOOK, "computer", "Windows", "Outlook"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
            "phone",
            "Android",
            "Chrome",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.0", "computer", "Linux", "Thunderbird"),
        (chrome() + " Edg/141.0.0.0", "computer", "Windows", "Edge"),
    ],
)
def test_devices_are_named_as_people_name_them(agent: str, kind: str, system: str, client: str) -> None:
    found = device_of(agent)
    assert (found.kind, found.called, found.client) == (kind, system, client)


agents = st.one_of(
    st.text(max_size=512),
    st.sampled_from(
        [APPLE_MAIL, SAFARI, OUTLOOK, GMAIL, GMAIL_AHEAD, YAHOO, OLD_CHROME, chrome(), "Mozilla/5.0", "LinkPreview", "WhatsApp/2.2", "curl/8"]
    ),
)
headers = st.dictionaries(st.sampled_from(["accept", "accept-language", "referer", "purpose", "sec-fetch-mode"]), st.text(max_size=20), max_size=5)
roles = st.sampled_from(["", "microsoft", "microsoft-365-protection", "barracuda-egd", "somebody else"])


@given(agents, headers, roles, st.floats(-100, 1e7), st.sampled_from(["open", "click"]), st.sampled_from(["GET", "HEAD"]))
def test_any_hit_is_judged_and_every_reason_can_be_said(agent: str, sent: dict[str, str], role: str, after: float, kind: str, method: str) -> None:
    seen = hit(after, agent, kind, headers=sent, role=role, method=method)
    earlier = tuple((hit(after - seconds, agent, "open"), "person") for seconds in (10, 100))
    for found in (judged(seen), judged(seen, own=(OwnPlace("n", "x"),), earlier=earlier, encrypted=True)):
        assert found.verdict in ("person", "machine", "self", "unknown")
        assert found.reasons
        for reason in found.reasons:
            assert RULES[reason.rule] % dict(reason.values)
        assert set(described(seen, found.verdict)) == {"kind", "system", "client", "hidden_by", "country"}
