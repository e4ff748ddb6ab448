"""A long history in one go: thousands of mails sent and answered, as a mailbox of years holds them."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

from litestar import Response, post

from app.clock import now
from app.sandbox import filing
from app.sandbox.answers import Ask, body_of, told, world_of
from app.sandbox.world import Box, Copy

FIRST_NAMES = ("Anna", "Henrik", "Sabine", "Tom", "Mia", "Jonas", "Lena", "Paul", "Clara", "Felix")
COMPANIES = ("alpenblick", "nordsee", "hallenbau", "werkzeugbau", "seilbahn", "brauhaus")
SENTENCE = "The second hall needs the same sensors, so the price for both would be lower by a tenth if you decide this month. "
WORDS = 12
"""Sentences of a mail: about 3 kB with its HTML."""


@post("/control/mailboxes/{address:str}/past", status_code=200)
async def seed_past(request: Ask) -> Response[bytes]:
    """`{"messages": 50000, "days": 365, "people": 400}`: half of them sent, each answered, spread evenly over the days."""
    box, asked = world_of(request).box(request.path_params["address"]), await body_of(request)
    number, days, people = (int(asked.get(name, usual)) for name, usual in (("messages", 1000), ("days", 365), ("people", 400)))
    for made in threads(box, number, timedelta(days=days), people):
        filing.add(box, made)
    return told({"messages": len(box.copies)})


def threads(box: Box, number: int, span: timedelta, people: int) -> Iterator[Copy]:
    """Oldest first: a mail of ours, and its answer an hour later."""
    chance = random.Random(number)  # noqa: S311 - the same history every time
    start = now() - span
    for place in range((number + 1) // 2):
        at, who = start + span * (2 * place / number), chance.randrange(people)
        address = f"{FIRST_NAMES[who % 10].lower()}.{who}@{COMPANIES[who % 6]}.example"
        asked = copy_of(box, "sent", at, letter(box.address, address, place, at, ""))
        asked.thread = filing.new_thread(box, asked)
        yield asked
        if 2 * place + 1 < number:
            answer = copy_of(box, "inbox", at + timedelta(minutes=7), letter(address, box.address, place, at, "Re: "))
            answer.thread = asked.thread
            yield answer


def copy_of(box: Box, place: filing.Place, at: datetime, mime: bytes) -> Copy:
    labels = set(filing.LABELS[place]) - {"UNREAD"} if box.provider == "google" else set()
    return Copy(id=box.fresh_id(), thread="", mime=mime, at=at, labels=labels, folder=filing.FOLDERS[place])


def letter(sender: str, to: str, place: int, at: datetime, prefix: str) -> bytes:
    """A mail in two parts, as mail programs write them."""
    ours, theirs = (to, sender) if prefix else (sender, to)
    asked, answer = f"<m{place}@{ours.partition('@')[2]}>", f"<a{place}@{theirs.partition('@')[2]}>"
    own = answer if prefix else asked
    refers = f"In-Reply-To: {asked}\r\nReferences: {asked}\r\n" if prefix else ""
    words = SENTENCE * WORDS
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {prefix}Offer {place}\r\nDate: {format_datetime(at)}\r\nMessage-ID: {own}\r\n{refers}"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=past"\r\n\r\n--=past\r\nContent-Type: text/plain; charset=utf-8'
        f"\r\n\r\n{words}\r\n--=past\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{words}</p>\r\n--=past--\r\n"
    ).encode()


PAST = [seed_past]
