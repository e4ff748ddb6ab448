"""The doctor's look at notices: may the providers tell us of new mail, and do they?"""

from typing import Any

from app.finding import Finding, at_database
from app.mailboxes.tables import GMAIL, OUTLOOK
from app.mailboxes.watching import pushes
from app.settings import Settings

PROMISES = """
SELECT CASE WHEN w.failures > 0 THEN w.problem_code WHEN w.doubted_at IS NOT NULL THEN 'lost notices' ELSE '' END AS code, count(*)::int AS number
FROM watch w JOIN mailbox m ON m.id = w.mailbox WHERE m.disconnected_at IS NULL GROUP BY 1 ORDER BY 1
"""


def examine_telling(chosen: Settings) -> list[Finding]:
    """Whether the providers can tell us of new mail at once, or every mailbox is looked at every 20 seconds."""
    if not (chosen.google or chosen.microsoft):
        return []
    if not any(pushes(provider) for provider in (GMAIL, OUTLOOK)):
        todo = "Works as it is. To be told of new mail at once, give Nachfass a public https address (README, Being told at once)."
        return [Finding("Telling", None, "Every mailbox is looked at every 20 seconds: no provider can reach this address.", todo)]
    if chosen.google and not pushes(GMAIL):
        todo = "Works as it is. To be told at once, set GOOGLE_PUBSUB_TOPIC and GOOGLE_PUBSUB_SERVICE_ACCOUNT (README, Being told at once)."
        return [Finding("Telling", None, "Gmail is looked at every 20 seconds: there is no Pub/Sub topic.", todo)]
    return [Finding("Telling", True, "The providers may tell Nachfass of new mail at once; each mailbox is looked at every 5 minutes besides.")]


async def examine_promises() -> list[Finding]:
    """What the providers said when they were asked to tell us."""
    async with at_database() as held:
        if held is None or not await held.fetchval("SELECT to_regclass('watch')"):
            return []
        return promised(await held.fetch(PROMISES))


def promised(counted: "list[Any]") -> list[Finding]:
    """One line for all of them, and what is wrong with those that did not work."""
    if not counted:
        return []
    bad = {row["code"]: row["number"] for row in counted if row["code"]}
    total, words = sum(row["number"] for row in counted), ", ".join(f"{number} × {code}" for code, number in bad.items())
    if not bad:
        return [Finding("Notices", True, f"{total} {'mailbox is' if total == 1 else 'mailboxes are'} told of by the provider.")]
    todo = "They are looked at every 20 seconds meanwhile. ValidationError: the provider does not reach /hooks; 403: the topic's rights (README)."
    return [Finding("Notices", None, f"{sum(bad.values())} of {total} mailboxes are not told of by the provider: {words}.", todo)]
