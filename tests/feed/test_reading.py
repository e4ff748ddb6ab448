"""Pages of the feed: newest first, folded, filtered, by keyset."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clock import later, now
from app.contacts.tables import Contact
from app.feed import forgetting
from app.feed.folding import Row
from app.feed.reading import Page, Whose, Wish, page, tally
from app.happenings import LoggingStopped
from app.mailboxes.tables import Mailbox
from app.threads.tables import Message, Recipient
from app.tracking.tables import CLICK, MACHINE, SELF
from tests import people
from tests.feed.stage import ANNA, HENRIK, IPHONE, SABINE, WINDOWS, hit, reply, send
from tests.people import Rep


def whose(rep: Rep) -> Whose:
    return Whose(rep.workspace.id, rep.person.id, ZoneInfo("Europe/Berlin"))


def rows_of(found: Page) -> list[Row]:
    return [row for day in found.days for row in day.rows]


async def shown(rep: Rep, **wish: object) -> list[str]:
    return [row.head.kind for row in rows_of(await page(whose(rep), Wish(**wish)))]  # type: ignore[arg-type]


async def all_pages(rep: Rep, size: int) -> list[Row]:
    found, gathered = await page(whose(rep), Wish(), None, size), []
    while True:
        gathered += rows_of(found)
        if found.next is None:
            return gathered
        found = await page(whose(rep), Wish(), found.next, size)


async def test_several_opens_of_one_mail_fold_into_one_row_that_unfolds(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    for device in (IPHONE, WINDOWS, WINDOWS):
        await hit(sent, device=device)
    await hit(sent, verdict=MACHINE)
    row = rows_of(await page(whose(miriam), Wish()))[0]
    assert (row.head.kind, len(row.people), len(row.others), row.devices) == ("opened", 3, 1, 2)


async def test_opens_of_two_mails_or_two_days_stay_apart(miriam: Rep, gmail: Mailbox) -> None:
    first, second = await send(miriam, gmail, ANNA), await send(miriam, gmail, HENRIK)
    for sent in (first, second):
        await hit(sent)
        await hit(sent, at=now() - timedelta(days=1))
    assert (await shown(miriam)).count("opened") == 4


async def test_clicks_fold_by_link_and_a_machine_s_all_together(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    for link in (0, 1, 2):
        await hit(sent, verdict=MACHINE, kind=CLICK, link=link)
    await hit(sent, kind=CLICK, link=0)
    await hit(sent, kind=CLICK, link=0)
    found = rows_of(await page(whose(miriam), Wish()))
    assert [(row.head.kind, len(row.events), row.links) for row in found[:2]] == [("clicked", 2, 1), ("machine", 3, 3)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
async def test_pages_of_any_size_show_each_row_once_and_all_of_them(miriam: Rep, gmail: Mailbox, size: int) -> None:
    first, second = await send(miriam, gmail, ANNA), await send(miriam, gmail, HENRIK)
    for number in range(6):
        await hit(first if number % 2 else second, verdict=MACHINE if number == 5 else "person")
        await hit(first, kind=CLICK, link=number % 2)
    keys = [row.key for row in await all_pages(miriam, size)]
    assert len(keys) == len(set(keys))
    assert sorted(keys) == sorted(row.key for row in await all_pages(miriam, 200))


async def test_filters_show_only_what_was_asked_for(miriam: Rep, gmail: Mailbox) -> None:
    outlook = await people.mailbox(miriam, "outlook")
    sent, other = await send(miriam, gmail, ANNA), await send(miriam, outlook, HENRIK)
    await hit(sent)
    await hit(sent, verdict=SELF, kind=CLICK)
    await hit(other, verdict=MACHINE)
    await reply(other, HENRIK)
    assert set(await shown(miriam, who="people")) == {"sent", "opened", "replied"}
    assert set(await shown(miriam, kind="opens")) == {"opened", "machine"}
    assert await shown(miriam, kind="clicks") == ["self"]
    assert set(await shown(miriam, mailbox=outlook.id)) == {"sent", "machine", "replied"}
    assert await shown(miriam, kind="opens", who="people", mailbox=outlook.id) == []


async def test_a_contact_s_events_are_those_to_them_alone_and_among_others(miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA, subject="To Anna")
    await send(miriam, gmail, ANNA, HENRIK, subject="To both")
    await send(miriam, gmail, SABINE, subject="To Sabine")
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    found = rows_of(await page(whose(miriam), Wish(contacts=(anna.id,))))
    assert [row.head.said["subject"] for row in found] == ["To both", "To Anna"]


async def test_nobody_sees_the_feed_of_a_colleague(miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA)
    robin = await people.rep("Robin", "robin@brueckner.example", miriam.workspace)
    assert await shown(robin) == []


async def test_today_is_counted_by_people_only(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    await hit(sent, kind=CLICK)
    await hit(sent, verdict=MACHINE)
    await hit(sent, at=now() - timedelta(days=2))
    await reply(sent)
    counts = await tally(whose(miriam), now())
    assert (counts.opens, counts.clicks, counts.replies, counts.machines) == (1, 1, 1, 1)


async def test_days_are_those_of_the_rep_s_clock(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    midnight = now().astimezone(ZoneInfo("Europe/Berlin")).replace(hour=0, minute=0, second=0, microsecond=0)
    await hit(sent, at=midnight - timedelta(minutes=5))
    with later(timedelta(seconds=1)):
        found = await page(whose(miriam), Wish())
    assert [day.date for day in found.days] == [midnight.date(), midnight.date() - timedelta(days=1)]


async def test_what_is_forgotten_leaves_the_feed_and_its_names(miriam: Rep, gmail: Mailbox) -> None:
    alone, both = await send(miriam, gmail, ANNA), await send(miriam, gmail, ANNA, HENRIK)
    await Message.delete().where(Message.id == alone.id)
    await Recipient.delete().where((Recipient.message == both.id) & (Recipient.address == ANNA.address))
    await forgetting.forget(LoggingStopped(miriam.person.id, ANNA.address))
    (row,) = rows_of(await page(whose(miriam), Wish()))
    assert row.head.message == both.id
    assert row.head.said["names"] == ["Henrik Larsen"]
