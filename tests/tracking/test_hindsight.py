"""What hits say about each other: a machine takes its own hits along, and nobody who only stands beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.clock import new_id
from app.tracking.deciding import decide
from app.tracking.describing import described
from app.tracking.hands import guilt
from app.tracking.scenes import Mail, Seen
from app.tracking.tokens import DECOY
from app.tracking.weighing import current_major
from tests.tracking.seen import APPLE_MAIL, OUTLOOK, PAGE, SAFARI, SENT, chrome, hit

ANNA, BRUNO, CLARA = "anna@alpenblick.example", "bruno@alpenblick.example", "clara@alpenblick.example"
OLDER, TODAYS = chrome(current_major(SENT) - 15), chrome()
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


def mail(*hits: Seen, links: int = 3) -> Mail:
    return Mail(new_id(), new_id(), SENT, links, [replace(one, recipient=one.recipient or ANNA) for one in hits], delivered_at=SENT)


def verdicts(*mails: Mail) -> list[tuple[str, str]]:
    """Each hit's verdict and the rule that weighed most, in the order of the mails and their hits."""
    decided = decide([replace(one, workspace=mails[0].workspace) for one in mails], encrypted=False)
    found = [decided[seen.id] for one in mails for seen in one.hits]
    return [(judgement.verdict, judgement.rules[0]) for judgement in found]


@pytest.mark.parametrize(
    ("who", "other", "found"),
    [
        ("the same program", hit(9, LINUX, "click"), "machine"),
        ("a browser beside it", hit(9, TODAYS, "click"), "unknown"),
        ("a mail program beside it", hit(9, OUTLOOK), ""),
        ("a browser of that name at home", hit(12, LINUX, "click", network="home"), "machine"),
        ("a browser of that name at home, later", hit(40, LINUX, "click", network="home"), ""),
        ("a browser beside it, minutes later", hit(300, TODAYS, "click"), ""),
        ("another program of a data centre", hit(40, TODAYS, "click", role="amazon"), "machine"),
    ],
)
def test_what_gave_itself_away_speaks_of_its_own_hits_only(who: str, other: Seen, found: str) -> None:
    assert guilt(other, hit(4, LINUX, "click", DECOY)) == found, who


def test_a_data_centres_program_is_not_held_against_the_same_browser_at_home() -> None:
    scanner = hit(4, TODAYS, "click", DECOY, network="cloud", role="amazon")
    assert guilt(hit(10, TODAYS, "click", network="home"), scanner) == "unknown"
    assert guilt(hit(30, TODAYS, "click", network="home"), scanner) == ""


def test_the_readers_of_an_office_stay_people_beside_its_gateway() -> None:
    scan = [hit(3 + n / 2, OLDER, "click", n) for n in range(3)]
    opened, clicked = hit(40, OUTLOOK, headers={}), hit(300, TODAYS, "click", 1)
    found = verdicts(mail(*scan, opened, clicked))
    assert [verdict for verdict, _ in found] == ["machine"] * 3 + ["person"] * 2


def test_whoever_may_have_been_the_gateways_browser_is_nobody_anyone_can_tell() -> None:
    scan = [hit(3 + n / 2, OLDER, "click", n) for n in range(3)]
    assert verdicts(mail(*scan, hit(45, TODAYS)))[-1] == ("unknown", "C1d")
    assert verdicts(mail(hit(4, LINUX, "click", DECOY), hit(45, TODAYS, "click")))[-1] == ("unknown", "C2d")


def test_office_checks_a_link_for_whoever_follows_it() -> None:
    check = hit(700, "Microsoft Office Existence Discovery", "click", method="HEAD")
    assert verdicts(mail(check, hit(701, TODAYS, "click"))) == [("machine", "A2"), ("person", "B2")]
    program = hit(700, TODAYS, "click", method="HEAD")
    assert verdicts(mail(program, hit(701, TODAYS, "click", headers={})))[-1] == ("machine", "C2p")
    assert verdicts(mail(program, hit(701, TODAYS, "click")))[-1] == ("unknown", "C2d")


def test_virus_protection_that_looks_again_from_its_own_country_is_a_machine() -> None:
    follows = hit(3000, TODAYS, "click", network="home")
    silent = hit(3004, TODAYS, "click", network="lab", country="CZ", headers={"accept": "*/*"})
    old = hit(3050, chrome(current_major(SENT) - 40), "click", network="lab", country="CZ")
    second = hit(3020, SAFARI, "click", network="phone", country="CZ")
    assert verdicts(mail(follows, silent)) == [("person", "B2"), ("machine", "C6")]
    assert verdicts(mail(follows, old)) == [("person", "B2"), ("machine", "C6")]
    assert verdicts(mail(follows, second)) == [("person", "B2"), ("person", "B2")]


def test_a_stranger_with_the_readers_kind_of_browser_is_not_the_reader() -> None:
    follows = hit(3000, TODAYS, "click", network="home")
    abroad = hit(9000, OLDER, "click", network="far", country="UY")
    updated = hit(9000, chrome(current_major(SENT) + 1), "click", network="office")
    assert "B11" not in decide([found := mail(follows, abroad)], encrypted=False)[found.hits[1].id].rules
    assert "B11" in decide([found := mail(follows, updated)], encrypted=False)[found.hits[1].id].rules


def test_a_click_that_says_no_language_is_not_taken_for_a_persons() -> None:
    silent = hit(600, TODAYS, "click", headers={name: value for name, value in PAGE.items() if name != "accept-language"})
    assert verdicts(mail(silent)) == [("unknown", "U1")]


def test_what_was_too_quick_to_tell_is_told_when_the_same_device_comes_back() -> None:
    at_once, later = hit(0.7, OUTLOOK, headers={}), hit(2400, OUTLOOK, headers={})
    assert verdicts(mail(at_once)) == [("unknown", "U1")]
    assert verdicts(mail(at_once, later)) == [("person", "C7"), ("person", "B1")]
    assert verdicts(mail(at_once, replace(later, network="elsewhere")))[0] == ("unknown", "U1")


def test_before_delivery_a_mail_program_only_shows_that_clocks_differ() -> None:
    assert verdicts(mail(hit(-40, OUTLOOK, headers={}))) == [("unknown", "A6c")]
    assert verdicts(mail(hit(-40, OUTLOOK, headers={}, role="amazon"))) == [("machine", "A6")]


def of_companies(*hits: Seen) -> list[Mail]:
    return [mail(replace(one, recipient=f"anna@company{n}.example")) for n, one in enumerate(hits)]


def test_people_of_several_companies_behind_one_address_stay_people() -> None:
    agents = [APPLE_MAIL, SAFARI, TODAYS, OUTLOOK]
    fair = [hit(9000 + 30 * n, agent) for n, agent in enumerate(agents)]
    assert {verdict for verdict, _ in verdicts(*of_companies(*fair))} == {"person"}
    phones = [hit(9000 + 30 * n, SAFARI, "click") for n in range(3)]
    assert {verdict for verdict, _ in verdicts(*of_companies(*phones))} == {"person"}
    mailboxes = [hit(9000 + 30 * n, OUTLOOK) for n in range(3)]
    assert {verdict for verdict, _ in verdicts(*of_companies(*mailboxes))} == {"person"}
    in_the_first_minutes = [hit(90 + 30 * n, agent) for n, agent in enumerate(agents)]
    assert set(verdicts(*of_companies(*in_the_first_minutes))) == {("unknown", "C4d")}


def test_one_browser_that_reads_the_mail_of_several_companies_is_a_machine_unless_it_may_be_everybodys() -> None:
    def read(after: float, role: str = "") -> set[tuple[str, str]]:
        return set(verdicts(*of_companies(*[hit(after + 30 * n, TODAYS, "click", role=role) for n in range(3)])))

    assert read(90) == read(9000, role="amazon") == {("machine", "C4")}
    assert read(9000) == {("unknown", "C4d")}


def test_colleagues_in_one_second_are_a_machine_unless_each_has_a_device_of_their_own_hours_later() -> None:
    def together(after: float, *agents: str) -> set[tuple[str, str]]:
        hits = [hit(after + n / 4, agent, network=f"home {n}") for n, agent in enumerate(agents)]
        return set(verdicts(*[mail(replace(one, recipient=who)) for one, who in zip(hits, (ANNA, BRUNO, CLARA), strict=False)]))

    assert together(9000, TODAYS, TODAYS, TODAYS) == {("machine", "C3")}
    assert together(30, TODAYS, SAFARI, OUTLOOK) == {("machine", "C3")}
    assert together(9000, TODAYS, SAFARI, OUTLOOK) == {("unknown", "C3d")}
    assert together(9000, OUTLOOK, OUTLOOK, OUTLOOK) == {("unknown", "C3d")}
    assert {verdict for verdict, _ in together(9000, TODAYS, SAFARI)} == {"person"}


NAVIGATION = PAGE | {"sec-fetch-user": "?1"}


def test_a_reader_who_clicks_amid_a_sweep_is_not_swept_along() -> None:
    sweep = [hit(900 + n / 3, OLDER, "click", n, network="gateway", headers={}) for n in range(3)]
    reader = hit(897, TODAYS, "click", 1, network="home")
    same_address = [replace(one, network="home") for one in sweep]
    completed = [hit(900 + n / 3, OLDER, "click", n, network="gateway", headers={}) for n in (0, 2, 3)]
    for others, links in ((sweep, 3), (same_address, 3), (completed, 4)):
        found = verdicts(mail(reader, *others, links=links))
        assert [verdict for verdict, _ in found] == ["person", "machine", "machine", "machine"]


def test_links_opened_in_tabs_by_hand_are_nobodys_anyone_can_tell() -> None:
    opened = hit(880, OUTLOOK, headers={})
    tabs = [hit(900 + 2 * n, TODAYS, "click", n, headers=NAVIGATION) for n in range(3)]
    assert verdicts(mail(opened, *tabs)) == [("person", "B1"), *[("unknown", "C1h")] * 3]
    assert {verdict for verdict, _ in verdicts(mail(*tabs))} == {"machine"}


def test_every_link_one_after_the_other_is_a_machine_in_a_data_centre_and_right_after_delivery_perhaps_one() -> None:
    def followed(after: float, **more: str) -> list[Seen]:
        return [hit(after + 40 * n, TODAYS, "click", n, **more) for n in range(4)]

    assert set(verdicts(mail(*followed(600, role="hetzner"), links=4))) == {("machine", "C1s")}
    assert set(verdicts(mail(*followed(70), links=4))) == {("unknown", "C1s")}
    assert {verdict for verdict, _ in verdicts(mail(hit(60, OUTLOOK, headers={}), *followed(70), links=4))} == {"person"}
    assert {verdict for verdict, _ in verdicts(mail(*followed(600), links=4))} == {"person"}


def test_a_check_of_the_very_link_that_somebody_then_clicks_leaves_the_click_alone() -> None:
    check = hit(700, TODAYS, "click", method="HEAD")
    assert verdicts(mail(check, hit(701, TODAYS, "click", headers=NAVIGATION)))[-1][0] == "person"
    assert verdicts(mail(check, hit(701, TODAYS, "click", 1, headers=NAVIGATION)))[-1] == ("unknown", "C2d")


def test_virus_protection_on_the_readers_own_computer_has_none_of_the_browsers_manners() -> None:
    beside = hit(700.6, chrome(current_major(SENT) - 1), "click", headers={"accept": "*/*"})
    assert verdicts(mail(hit(700, TODAYS, "click"), beside)) == [("person", "B2"), ("machine", "C6")]


def test_the_readers_browser_in_a_data_centre_is_not_known_again_by_its_name() -> None:
    reader, other = hit(3000, TODAYS, "click", country="US"), hit(9000, TODAYS, "click", network="cloud", role="amazon", country="US")
    assert verdicts(mail(reader, other))[-1][0] == "unknown"


def test_a_report_of_delivery_that_came_late_makes_nobody_a_machine() -> None:
    late = replace(mail(hit(-3000, OUTLOOK, headers={}), hit(-2970, TODAYS, "click")), sent_at=SENT - timedelta(seconds=3600))
    assert verdicts(late) == [("unknown", "A6c"), ("unknown", "A6c")]
    early = mail(hit(-20, OLDER, "click"), hit(30, OLDER, "click", 1))
    assert verdicts(early) == [("machine", "A6"), ("machine", "C2b")]


def test_what_a_browser_loads_ahead_is_not_held_against_the_reader() -> None:
    ahead = hit(700, TODAYS, "click", headers=PAGE | {"sec-purpose": "prefetch"})
    found = decide([both := mail(ahead, hit(706, TODAYS, "click"))], encrypted=False)
    assert "B15" not in found[both.hits[1].id].rules


def test_a_picture_asked_for_as_a_page_speaks_for_a_machine() -> None:
    as_page = hit(600, TODAYS, headers={"accept-language": "de", "sec-fetch-mode": "navigate"}, role="microsoft-cloud")
    assert verdicts(mail(as_page)) == [("machine", "B17")]


def test_a_picture_fetched_by_a_service_for_nobody_in_particular_counts_for_nobody() -> None:
    assert verdicts(mail(hit(600, "github-camo (876de43e)"))) == [("unknown", "A20")]


def test_links_followed_from_several_addresses_of_data_centres_were_followed_by_a_machine() -> None:
    def followed(*networks: str) -> list[Seen]:
        return [hit(600 + 70 * n, TODAYS, "click", n, network=network, role="amazon") for n, network in enumerate(networks)]

    assert set(verdicts(mail(*followed("a", "b", "c"), links=5))) == {("machine", "C1a")}
    assert {verdict for verdict, _ in verdicts(mail(*followed("desktop", "desktop", "desktop"), links=5))} == {"unknown"}


def test_a_cloud_desktop_where_the_mail_was_read_does_not_check_links_for_others() -> None:
    opened = hit(600, OUTLOOK, headers={}, network="desktop", role="microsoft-cloud")
    clicked = hit(640, TODAYS, "click", network="desktop", role="microsoft-cloud")
    on_the_phone = hit(650, SAFARI, "click", network="phone")
    assert "C6" not in [rule for _, rule in verdicts(mail(opened, clicked, on_the_phone))]
    assert ("machine", "C6") in verdicts(mail(clicked, on_the_phone))


@pytest.mark.parametrize(("role", "country"), [("", "DE"), ("amazon", ""), ("apple-relay", ""), ("zscaler", "")])
def test_a_place_is_told_only_of_the_readers_own_network(role: str, country: str) -> None:
    assert described(hit(3600, SAFARI, "click", role=role), "person")["country"] == country
