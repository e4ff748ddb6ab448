"""What one can be told of, in the groups that the settings show. What the feed writes and none of them names is never told."""

from app.web.locale import N_

REMINDERS, REPLIES, OPENS, CLICKS, BOUNCES = "reminders", "replies", "opens", "clicks", "bounces"
UNSENT, RECEIPTS, MAILBOXES = "unsent", "receipts", "mailboxes"

KINDS = {
    REMINDERS: N_("A reminder rings"),
    REPLIES: N_("Somebody replies"),
    OPENS: N_("Somebody opens a mail"),
    CLICKS: N_("Somebody clicks a link"),
    RECEIPTS: N_("A read receipt comes"),
    BOUNCES: N_("A mail comes back, or is reported as spam"),
    UNSENT: N_("A mail of yours was not sent, or nobody can tell"),
    MAILBOXES: N_("A mailbox can’t be read any more"),
}
"""In the order of the settings page, in words."""

KIND_OF = {
    "rang": REMINDERS, "replied": REPLIES, "may_answer": REPLIES, "opened": OPENS, "clicked": CLICKS, "receipt": RECEIPTS, "bounced": BOUNCES,
    "complained": BOUNCES, "failed": UNSENT, "unclear": UNSENT, "later_held": UNSENT, "later_asks": UNSENT, "later_missed": UNSENT,
    "broke": MAILBOXES, "blind": MAILBOXES,
}  # fmt: skip
"""By the kind of the feed's row (the kinds of `feed/telling.py`)."""
BY_PEOPLE = ("opened", "clicked")
"""What people do many times in a row."""

PUSH, DESKTOP, MAIL = "push", "desktop", "mail"
WAYS = (PUSH, DESKTOP, MAIL)
"""To a browser with no tab open; by an open tab; by mail into one's own inbox."""
