"""Send later, from compose to the recipient's inbox, with Gmail and with Outlook: changed before, stopped by an answer, held, late, recurring."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.clock import now
from app.database import rows
from tests.people import PROVIDERS
from tests.stories.at_work import Json, Miriam, People, as_parts, at_work, said
from tests.stories.processes import served
from tests.waiting import until

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)

ANNA = "anna.weber@alpenblick.example"
TEXT = "<div>Dear Anna, shall we talk?</div>"
Cast = tuple[Miriam, People]


@pytest.fixture
async def cast(database: None, sandbox: str, tmp_path: Path, provider: str) -> AsyncIterator[Cast]:
    async with served("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (miriam, people):
            await miriam.begins()
            await miriam.connects(provider)
            yield miriam, people
        assert house.faults() == []


async def test_send_later_from_compose_to_the_inbox(cast: Cast, provider: str) -> None:
    """One house for all of it, as starting one takes longer than any of these."""
    miriam, people = cast
    await a_mail_goes_out_later_with_the_words_that_were_saved_last_and_only_once(miriam, people)
    await a_scheduled_reply_is_stopped_by_an_answer_and_can_be_sent_anyway(miriam, people)
    await what_is_late_asks_and_goes_out_when_the_rep_says_so(miriam, people)
    await a_recurring_mail_goes_out_on_each_date_and_is_paused_and_ended(miriam, people)
    await while_nobody_can_see_replies_it_is_held_and_goes_out_when_they_can(miriam, people)


async def time_passes(minutes: int) -> None:
    """What is scheduled is due that much sooner."""
    await rows(
        "UPDATE scheduled SET wall = wall - make_interval(mins => $1), due_at = due_at - make_interval(mins => $1), "
        "looks_at = looks_at - make_interval(mins => $1) WHERE looks_at IS NOT NULL",
        minutes,
    )


async def schedules(miriam: Miriam, path: str, subject: str, **fields: str | None) -> str:
    """Write, choose Send later, and say what the page says then."""
    page = await miriam.browser.open(path)
    form = page.form(lambda form: form.id == "compose", "to compose")
    typed = {"mailbox": miriam.chosen(page), "text": None, "html": TEXT, "reminds": "", "later": "at", "subject": subject, **fields}
    sent = replace(form, action=f"{form.action}/later", fields=form.filled(**typed))
    answer = await miriam.browser.client.post(sent.action, files=as_parts(sent), headers=miriam.from_page(page))
    assert answer.status_code == 200, said(answer.text)
    return said(answer.text)


async def got_none(people: People, subject: str) -> bool:
    return not [mail for mail in await people.inbox(ANNA) if mail["subject"] == subject]


async def all_of(people: People, subject: str) -> list[Json]:
    return [mail for mail in await people.inbox(ANNA) if mail["subject"] == subject]


async def a_mail_goes_out_later_with_the_words_that_were_saved_last_and_only_once(miriam: Miriam, people: People) -> None:
    told = await schedules(miriam, f"/compose?to={ANNA}", "Talk?", later_words="in 3 hours")
    assert "Scheduled: Talk? goes out" in told
    page = await miriam.sees("/later", "Goes out", "Talk?", ANNA)
    assert "Talk?" not in said((await miriam.browser.open("/drafts")).html).partition("On its way")[0]

    page = await miriam.presses(page, "/edit")
    assert "You are changing a mail that goes out" in said(page.html)
    form = page.form(lambda form: form.id == "compose", "to compose")
    changed = replace(form, action=f"{form.action}/changes", fields=form.filled(html="<div>Thursday at ten?</div>", text=None))
    answer = await miriam.browser.client.post(changed.action, files=as_parts(changed), headers=miriam.from_page(page))
    assert "Changed. It goes out with these words." in said(answer.text)

    assert await got_none(people, "Talk?")
    await time_passes(180)
    mail = await people.got(ANNA, "Talk?")
    assert "Thursday at ten?" in mail["html"]
    await miriam.sees("/", "You sent Talk? to")
    await miriam.sees("/later", "Lately", "Handed over to be sent.")
    assert len(await all_of(people, "Talk?")) == 1


async def a_scheduled_reply_is_stopped_by_an_answer_and_can_be_sent_anyway(miriam: Miriam, people: People) -> None:
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 5001", TEXT)
    mail = await people.got(ANNA, "Offer 5001")
    thread = await miriam.thread_of("Offer 5001")
    told = await schedules(miriam, f"{thread}/reply", "Re: Offer 5001", later_words="in 3 hours")
    assert "Scheduled: Re: Offer 5001 goes out" in told
    await miriam.sees(f"/later/of-thread/{thread.rpartition('/')[2]}", "Not if somebody answers before.")

    await people.act(ANNA, mail, "reply", text="We take all twelve.")
    await miriam.sees("/", "Your scheduled mail Re: Offer 5001 to Anna Weber was stopped by an answer", reading=True)
    page = await miriam.sees("/later", "Your turn", "Anna Weber answered meanwhile", "Read the answer")
    await time_passes(240)
    assert await got_none(people, "Re: Offer 5001")

    await miriam.presses(page, "/now")
    await people.got(ANNA, "Re: Offer 5001")
    await miriam.sees("/", "Your scheduled mail Re: Offer 5001 to Anna Weber was stopped by an answer That is over.")


async def while_nobody_can_see_replies_it_is_held_and_goes_out_when_they_can(miriam: Miriam, people: People) -> None:
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 5002", TEXT)
    await people.got(ANNA, "Offer 5002")
    thread = await miriam.thread_of("Offer 5002")
    await schedules(miriam, f"{thread}/reply", "Re: Offer 5002", later_words="in 3 hours")
    for what in ("revoke", "expire"):
        (await miriam.sandbox.post(f"/control/mailboxes/{miriam.address}/{what}")).raise_for_status()
    await miriam.sees("/", "has not been connected since", reading=True)

    await time_passes(181)
    page = await miriam.sees("/later", "Held since", f"{miriam.address} is not connected, so we can’t see replies.")
    assert await got_none(people, "Re: Offer 5002")
    assert "is held" in said((await miriam.browser.open("/")).html)
    assert page

    await miriam.connects(miriam.provider)
    await people.got(ANNA, "Re: Offer 5002")


async def what_is_late_asks_and_goes_out_when_the_rep_says_so(miriam: Miriam, people: People) -> None:
    await schedules(miriam, f"/compose?to={ANNA}", "Late?", later_words="in 3 hours")
    await time_passes(400)
    await miriam.sees("/", "Your scheduled mail Late? to", "did not go out and waits for you", "more than two hours late")
    page = await miriam.sees("/later", "Your turn", "Late?")
    assert await got_none(people, "Late?")
    await miriam.presses(page, "/now")
    await people.got(ANNA, "Late?")


async def a_recurring_mail_goes_out_on_each_date_and_is_paused_and_ended(miriam: Miriam, people: People) -> None:
    shown = await miriam.browser.open("/later/dates?later_words=tomorrow+9:00&repeats=weekly&every=2")
    assert said(shown.html).count("09:00") == 5
    refused = await miriam.browser.open("/later/dates?later_words=tomorrow+9:00&repeats=own&rule=FREQ%3DSECONDLY")
    assert "not by the minute or the second" in said(refused.html)

    told = await schedules(miriam, f"/compose?to={ANNA}", "Weekly", later_words="in 3 hours", repeats="daily", every="1")
    assert "Scheduled: Weekly goes out every day" in told
    await time_passes(180)
    await people.got(ANNA, "Weekly")
    page = await miriam.sees("/later", "Recurring", "every day", "Skip the next")
    page = await miriam.presses(page, "/pause")
    assert "paused since" in said(page.html)
    page = await miriam.presses(page, "/resume")
    page = await miriam.presses(page, "/end")
    assert "Ended. Its words are a draft again." in said(page.html)
    await time_passes(24 * 60)

    async def ended() -> bool:
        found = await rows("SELECT 1 FROM scheduled WHERE looks_at < $1", now())
        return not found

    await until(ended, "nothing is due any more")
    assert len(await all_of(people, "Weekly")) == 1
    await miriam.sees("/drafts", "Weekly")
