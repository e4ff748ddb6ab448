"""On what a reminder rings when it is due, and what settles it before. The span counts from the mail it waits on.

no_reply          Rings if nobody replied. A reply settles it. (Of a contact: any mail that they wrote.)
not_opened        Rings if no person opened the mail. An open, a click, a read receipt or a reply settles it.
opened_no_reply   Rings if a person opened it and nobody replied. If nobody has opened it by then, there is nothing to chase yet: it goes on
                  waiting for the open, for 30 days at most, and then settles, saying so. From a late open on they have a day to reply.
clicked_no_reply  The same with a click.
not_clicked       Rings if no person followed a link. A click or a reply settles it.
regardless        Rings in any case, whoever answered, without asking how fresh the mailbox is.

Hits of machines, one's own, and those of which nobody can tell whose they were never count. Where opens (clicks) of a mail are not recorded a
condition on them can't be known: it is refused when asked for, and if that becomes true later it rings when due and says so.
"""

from datetime import timedelta

from app.errors import Refused
from app.happenings import CONDITIONS, NO_REPLY, NOT_CLICKED, NOT_OPENED, ON_CLICKS, ON_OPENS, REGARDLESS
from app.reminders.tables import OF_CONTACT
from app.threads.tables import Message
from app.web.locale import N_

WAITS_LONGER = timedelta(days=30)
"""How long a reminder that needs an open or a click goes on waiting for one after it was due."""
TIME_TO_REPLY = timedelta(days=1)
"""From an open or a click that came only after the reminder was due."""

OF_TOUCHES = (*ON_OPENS, *ON_CLICKS)
SETTLED_BY_TOUCH = (NOT_OPENED, NOT_CLICKED)
ON_CONTACTS = (NO_REPLY, REGARDLESS)


def check(condition: str, scope: str, message: Message | None, *, is_silent: bool = False) -> None:
    """Refuse a condition that nobody could know. `message`: the mail it is about; `is_silent`: its hits are not recorded any more."""
    if condition not in CONDITIONS:
        raise Refused("Choose from the list on what to be reminded.", field="condition")
    if scope == OF_CONTACT and condition not in ON_CONTACTS:
        raise Refused("Opens and clicks belong to one mail. Ask on that mail to be reminded of them; nothing was changed.", field="condition")
    if condition not in OF_TOUCHES:
        return
    if message is None:
        raise Refused("There is no mail of yours in this thread that somebody could open. Choose “if there is no reply”.", field="condition")
    if not is_known(condition, message, is_silent=is_silent):
        raise Refused(why_unknown(condition), field="condition")


def is_known(condition: str, message: Message, *, is_silent: bool = False) -> bool:
    """Is what this condition asks for recorded of this mail? A mail without links has nothing to click."""
    if is_silent or condition not in OF_TOUCHES:
        return not is_silent
    if condition in ON_OPENS:
        return bool(message.opens_tracked)
    return bool(message.clicks_tracked) and str(message.links) not in ("", "[]")


def why_unknown(condition: str) -> str:
    """The sentence for the person who asks for it."""
    opens = N_("Opens of this mail are not tracked (switched off, sent from elsewhere, or not everybody allows it), so nobody could tell.")
    clicks = N_("Clicks in this mail are not tracked (switched off, not everybody allows it, or it has no link), so nobody could tell.")
    return opens if condition in ON_OPENS else clicks
