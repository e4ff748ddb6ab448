"""What only the operator can mend: our registration with a provider. Owners, doctor and Prometheus are told; no rep is asked to reconnect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Gauge

from app.clock import now
from app.database import rows
from app.web.locale import N_

BROKEN = Gauge("nachfass_mailboxes_broken", "Connected mailboxes that can't be used, by what has to be done about it", ["provider", "problem"])
STANDSTILL = Gauge("nachfass_provider_standstill_seconds", "How long a provider still lets this whole installation ask nothing", ["provider"])
STANDING = "SELECT provider, until FROM standstill WHERE until > $1"

ALARMS = """
SELECT coalesce(nullif(consents, ''), provider) AS provider, problem_code AS code, count(*) AS mailboxes,
  min(coalesce(broken_at, synced_at, connected_at)) AS since, NULL::timestamptz AS until FROM mailbox
WHERE (problem = 'operator' OR problem_code = 'in-testing') AND disconnected_at IS NULL AND ($1::uuid IS NULL OR workspace = $1)
GROUP BY 1, problem_code
UNION ALL SELECT s.provider, s.code, m.mailboxes, s.since, s.until FROM standstill s, LATERAL (
  SELECT count(*) AS mailboxes FROM mailbox WHERE provider = s.provider AND disconnected_at IS NULL AND ($1::uuid IS NULL OR workspace = $1)) m
WHERE s.until > $2 AND m.mailboxes > 0 ORDER BY since
"""
COUNTED = "SELECT provider, problem, count(*) AS n FROM mailbox WHERE disconnected_at IS NULL AND problem <> '' GROUP BY provider, problem"

EXPIRED = N_("The client secret has expired. Make a new one at the provider, put it into the settings, and start Nachfass again.")
WRONG = N_("The client secret is not the right one. Compare it with the one at the provider, correct the settings, and start Nachfass again.")
UNKNOWN = N_("The provider knows no such app. Compare the client id in the settings with the one at the provider.")
AS_SPA = N_("The redirect address is registered as a single-page app, so every consent ends after a day. Register it as “Web”.")
REDIRECT = N_("The redirect address of this Nachfass is not registered at the provider. Add it there.")
SWITCHED_OFF = N_("The Gmail API is not switched on in the project of the app. Switch it on in the Google Cloud console, under APIs & Services.")
USED_UP = N_("The project has used up what Google allows for a day. Ask Google for more in the console, under Quotas.")
IN_TESTING = N_("The app is still in testing, so every consent ends after seven days. Publish it in the Google Cloud console, under Audience.")
TENANT = N_("The provider knows no such directory. Check MICROSOFT_TENANT in the settings.")
KEYS = N_("A secret key is missing that sealed the access to mailboxes. Put it back into NACHFASS_SECRET_KEYS, behind the others.")
RUN_DOCTOR = N_("Run “nachfass doctor” on the server: it says what the provider does not like.")

TO_DO = {
    "AADSTS7000222": EXPIRED, "AADSTS7000215": WRONG, "AADSTS7000218": WRONG, "AADSTS700016": UNKNOWN, "AADSTS700084": AS_SPA,
    "AADSTS50011": REDIRECT, "AADSTS90002": TENANT, "invalid_client": WRONG, "deleted_client": UNKNOWN, "redirect_uri_mismatch": REDIRECT,
    "accessNotConfigured": SWITCHED_OFF, "SERVICE_DISABLED": SWITCHED_OFF, "dailyLimitExceeded": USED_UP,
    "in-testing": IN_TESTING, "unsealable": KEYS,
}  # fmt: skip


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong with our registration, and how many mailboxes stand still because of it."""

    provider: str
    code: str
    mailboxes: int
    since: datetime
    until: datetime | None = None

    @property
    def todo(self) -> str:
        """What the operator does about it, as a catalogue sentence."""
        return TO_DO.get(self.code, RUN_DOCTOR)


async def alarms(workspace: UUID | None = None) -> Sequence[Alarm]:
    """Those of a workspace, or of all."""
    return [Alarm(**row) for row in await rows(ALARMS, workspace, now())]


async def measure() -> None:
    """Set the gauges, for whoever asks for metrics now."""
    BROKEN.clear()
    STANDSTILL.clear()
    for row in await rows(STANDING, now()):
        STANDSTILL.labels(row["provider"]).set((row["until"] - now()).total_seconds())
    for row in await rows(COUNTED):
        BROKEN.labels(row["provider"], row["problem"]).set(row["n"])
