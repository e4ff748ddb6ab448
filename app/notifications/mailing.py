"""Telling by mail: what gathered within some minutes goes home in one letter, which is put into the person's own inbox."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.attention.choosing import Choice, choice_of
from app.attention.deciding import way_to
from app.attention.resting import quiet_until
from app.clock import now
from app.database import rows, together
from app.mailboxes.letters import write_home
from app.notifications.tables import Delivery
from app.notifications.wording import HAPPENED, Told, line, sentence
from app.settings import settings
from app.web.locale import N_, clock, day, translate
from app.web.templates import off_page

SETTINGS_ARE_HERE = N_("You get this because you chose mail for it: %(url)s")

WHOSE = """
SELECT a.person, (SELECT d.workspace FROM delivery d WHERE d.person = a.person AND d.way = 'mail' AND d.due_at <= $1
  ORDER BY d.due_at LIMIT 1) AS workspace
FROM attention a WHERE a.person IN (SELECT person FROM delivery WHERE way = 'mail' AND due_at <= $1 ORDER BY due_at LIMIT 100)
LIMIT 1 FOR UPDATE OF a SKIP LOCKED
"""
"""One worker for one person: two would write two letters."""


async def write_letters_due() -> int:
    """Write one letter to everybody for whom something waits long enough; how many were written."""
    written = 0
    while await write_one():
        written += 1
    return written


async def write_one() -> bool:
    """All in one transaction: a worker that is killed has written nothing."""
    async with together():
        whose = await rows(WHOSE, now())
        if not whose or whose[0]["workspace"] is None:
            return False
        person, workspace = whose[0]["person"], whose[0]["workspace"]
        choice = await choice_of(person)
        told, resting = await waiting(person, workspace, choice)
        for one in resting:
            await one.update_self({Delivery.due_at: quiet_until(choice, one.kind, now()), Delivery.held: True})
        if told:
            await write_home(person, workspace, *letter(told, choice), key=f"told {told[0].id}")
            over: dict[Any, Any] = {Delivery.delivered_at: now(), Delivery.due_at: None, Delivery.said: {}}
            await Delivery.update(over).where(Delivery.id.is_in([one.id for one in told]))
        return True


async def waiting(person: UUID, workspace: UUID, choice: Choice) -> tuple[list[Delivery], list[Delivery]]:
    """What is told now, oldest first, with what would be told within minutes; and what has to wait for the end of quiet hours."""
    mine = (Delivery.person == person) & (Delivery.workspace == workspace) & (Delivery.way == "mail") & Delivery.due_at.is_not_null()
    found = await Delivery.objects().output(load_json=True).where(mine).order_by(Delivery.at)
    due = [one for one in found if not one.held or one.due_at <= now()]
    resting = [one for one in due if quiet_until(choice, one.kind, now())]
    return [one for one in due if one not in resting], resting


def letter(told: Sequence[Delivery], choice: Choice) -> tuple[str, str, str]:
    """Subject, plain words, and the same as a page."""
    language = choice.language
    subject = sentence(told[0], choice) if len(told) == 1 else translate(language, HAPPENED, n=len(told))
    base = settings().base_url
    lines = [f"{line(one, choice)}\n       {base}{way_to(Told(one))}" for one in told]
    footer = translate(language, SETTINGS_ARE_HERE, url=f"{base}/settings/notifications")
    text = "\n\n".join([day(told[-1].at, choice.zone, language), *lines, footer]) + "\n"
    shown = [(clock(one.at, choice.zone, language), sentence(one, choice), f"{base}{way_to(Told(one))}") for one in told]
    html = off_page().get_template("notifications/letter.html").render(
        language=language, day=day(told[-1].at, choice.zone, language), told=shown, settings=f"{base}/settings/notifications"
    )
    return subject, text, html
