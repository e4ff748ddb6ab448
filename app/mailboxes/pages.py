"""The mailboxes page, the way to a provider's consent and back, and how fresh everything is at the foot of every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.clock import now
from app.errors import AdminNeeded, OperatorNeeded, ProviderError, Refused, Told
from app.identity.guarding import Me
from app.mailboxes import connecting, disconnecting, reaching_back
from app.mailboxes.alarming import alarms
from app.mailboxes.alias_pages import AliasPages
from app.mailboxes.asking import (
    BRANDS,
    COMPANIES,
    CONSENTING,
    EVERY_RIGHT,
    brand_of,
    by_imap,
    company_of,
    configured,
    gone_of,
    mailbox_of,
    mailboxes_of,
)
from app.mailboxes.connecting import admin_consent_url
from app.mailboxes.freshness import FRESH, LATE, PUSHED_POLLED_EVERY, Freshness, freshness, is_pushed
from app.mailboxes.losing_sight import Window, latest_windows
from app.mailboxes.reaching_back import REACHES
from app.mailboxes.tables import A_MONTH, FULL_TIER, GMAIL, IMAP, IMAP_TIER, OUTLOOK, READ, SEND_TIER, Mailbox, SetAside
from app.mailboxes.taking import shown
from app.web.locale import N_
from app.web.replies import Asked, flash, page, partial, redirect

WINDOWS_SHOWN = 5

CONNECTED = N_("%(address)s is connected.")
CONNECTED_PARTLY = N_("%(address)s is connected, with fewer rights than asked for. See below what is missing.")
DISCONNECTED = N_("%(address)s is disconnected. %(provider)s took the permission back.")
DISCONNECTED_HERE = N_(
    "%(address)s is disconnected. Nachfass forgot its access. To take the permission back at %(provider)s too, do it in your account there."
)
STOPPED = N_("The import of %(address)s has stopped. What is in stays; go on whenever you like.")
GOES_ON = N_("The import of %(address)s goes on where it was.")
BEGUN = N_("The import of %(address)s has begun. Nothing of it rings or is announced.")
FORGOTTEN = N_("%(address)s is disconnected. Nachfass forgot the password. If it was an app password, delete it at %(provider)s too.")
IS_READ = N_("%(address)s is read within seconds.")
GOOGLES_LIST = "https://admin.google.com/ac/owl/list?tab=configuredApps"
"""Security › API controls › App access control, in the administrator's console."""

log = structlog.get_logger()


@dataclass
class Consent:
    """What to ask for, and for which mailbox if it is not a new one."""

    tier: str = FULL_TIER
    mailbox: str = ""
    days: int = A_MONTH


@dataclass
class Reach:
    """How far back to import, in days; 0 for everything."""

    days: int = A_MONTH


@dataclass(frozen=True)
class Shown:
    """A mailbox as its card shows it."""

    mailbox: Mailbox
    fresh: Freshness
    set_aside: list[SetAside]
    windows: Sequence[Window] = ()

    @property
    def brand(self) -> str:
        return brand_of(self.mailbox)

    @property
    def missing(self) -> list[str]:
        return [right for right in EVERY_RIGHT if right not in self.mailbox.rights]

    @property
    def values(self) -> dict[str, Any]:
        """What a problem's sentence may name."""
        return {"provider": company_of(self.mailbox), "address": self.mailbox.address, "word": self.mailbox.problem_code}

    @property
    def broken(self) -> bool:
        """Somebody has to act, or it has lasted: what passes by itself is no alarm."""
        return bool(self.mailbox.problem) and (self.mailbox.broken_at is not None or self.mailbox.problem != "retry")

    @property
    def importing(self) -> bool:
        return READ in self.mailbox.rights and self.mailbox.imported_at is None and not self.stopped

    @property
    def stopped(self) -> bool:
        """Somebody stopped the import, or removed what it had brought."""
        return READ in self.mailbox.rights and self.mailbox.imported_at is None and self.mailbox.import_stopped_at is not None

    @property
    def percent(self) -> int:
        return min(99, 100 * self.mailbox.import_done // self.mailbox.import_total) if self.mailbox.import_total else 0

    @property
    def told_by(self) -> str:
        """Who tells us at once what is new; nobody: it is only looked at."""
        return COMPANIES[self.mailbox.provider] if is_pushed(self.mailbox) and not self.mailbox.problem else ""

    @property
    def besides(self) -> int:
        """Minutes between two looks at a mailbox whose provider tells us."""
        return int(PUSHED_POLLED_EVERY.total_seconds() // 60)

    @property
    def seconds(self) -> int:
        """Since it was last read."""
        return max(0, int((now() - self.fresh.at).total_seconds())) if self.fresh.at else 0

    @property
    def state(self) -> str:
        """What its card looks like as a whole: when this changes, the card is drawn anew."""
        return "broken" if self.broken else "catching-up" if self.mailbox.broken_at else "well"

    @property
    def everything(self) -> str:
        """The consent that allows all, in the way that this mailbox is connected."""
        return IMAP_TIER if self.mailbox.consents else FULL_TIER

    @property
    def admin_url(self) -> str:
        return admin_url(self.mailbox.keeper, self.mailbox.tier)


async def card(mailbox: Mailbox) -> Shown:
    return Shown(mailbox, freshness(mailbox), await shown(mailbox), await latest_windows(mailbox.id, WINDOWS_SHOWN))


class MailboxPages(Controller):
    path = "/mailboxes"

    @get("/")
    async def show(self, me: NamedDependency[Me]) -> Template:
        cards = [await card(mailbox) for mailbox in await mailboxes_of(me)]
        wrong = await alarms(me.workspace.id) if me.is_owner else []
        return page(
            "mailboxes/mailboxes", cards=cards, gone=await gone_of(me), alarms=wrong, reaches=REACHES, providers=configured(), brands=BRANDS,
            by_imap=by_imap(), companies=COMPANIES,
        )  # fmt: skip

    @get("/state")
    async def state(self, me: NamedDependency[Me]) -> Template:
        """How fresh each is, for the foot of every page."""
        cards = [Shown(mailbox, freshness(mailbox), []) for mailbox in await mailboxes_of(me)]
        return partial("mailboxes/state", cards=cards, behind=[one for one in cards if is_behind(one)])

    @get("/{mailbox_id:uuid}/freshness")
    async def freshness(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Template:
        """The line on its card. When more than that line has changed, the page is asked for anew."""
        one = await card(await mailbox_of(me, mailbox_id))
        headers = {"HX-Refresh": "true"} if request.query_params.get("was", one.state) != one.state else None
        return partial("mailboxes/_freshness", headers=headers, one=one)

    @get("/{mailbox_id:uuid}/import")
    async def progress(self, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Template:
        """How far its import is."""
        return partial("mailboxes/_import", one=await card(await mailbox_of(me, mailbox_id)), reaches=REACHES)

    @post("/{mailbox_id:uuid}/import")
    async def begin_import(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID], data: URLEncodedBody[Reach]) -> Response[Any]:
        """Anew, as far back as the person wants."""
        mailbox = await mailbox_of(me, mailbox_id)
        await reaching_back.begin(mailbox, data.days)
        flash(request, BEGUN, address=mailbox.address)
        return redirect("/mailboxes")

    @post("/{mailbox_id:uuid}/import/stop")
    async def stop_import(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        await reaching_back.stop(mailbox)
        flash(request, STOPPED, address=mailbox.address)
        return redirect("/mailboxes")

    @post("/{mailbox_id:uuid}/import/resumption")
    async def take_import_up(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        await reaching_back.take_up(mailbox)
        flash(request, GOES_ON, address=mailbox.address)
        return redirect("/mailboxes")

    @post([f"/connect/{provider}" for provider in CONSENTING])
    async def connect(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Consent]) -> Response[Any]:
        """Off to the provider's consent page."""
        provider = last_part(request)
        try:
            return redirect(await connecting.start(me, provider, data.tier, mailbox_named(data.mailbox), data.days))
        except (Refused, ProviderError) as error:
            return refused(provider, error, data.tier)

    @get([f"/connected/{provider}" for provider in CONSENTING])
    async def connected(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        """Back from there, with a code or with a reason why not."""
        provider = last_part(request)
        try:
            mailbox = await connecting.finish(me, provider, dict(request.query_params))
        except (Refused, ProviderError) as error:
            return refused(provider, error, await connecting.asked_for(me, provider, request.query_params.get("state", "")))
        partly = mailbox.tier != SEND_TIER and len(mailbox.rights) < len(EVERY_RIGHT)
        flash(request, CONNECTED_PARTLY if partly else CONNECTED, address=mailbox.address)
        return redirect("/mailboxes")

    @post("/{mailbox_id:uuid}/reading")
    async def read_now(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Response[Any]:
        """Do not wait for the next round."""
        mailbox = await mailbox_of(me, mailbox_id)
        await Mailbox.update({Mailbox.due_at: now()}).where(Mailbox.id == mailbox.id)
        flash(request, IS_READ, address=mailbox.address)
        return redirect("/mailboxes")

    @post("/{mailbox_id:uuid}/disconnection")
    async def disconnect(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        taken_back = await disconnecting.disconnect(mailbox)
        sentence = DISCONNECTED if taken_back else FORGOTTEN if mailbox.keeper == IMAP else DISCONNECTED_HERE
        flash(request, sentence, address=mailbox.address, provider=company_of(mailbox))
        return redirect("/mailboxes")


class AllowedPage(Controller):
    """Where an administrator comes back to: somebody who may have no place in this Nachfass."""

    @get("/mailboxes/allowed")
    async def allowed(self, request: Asked) -> Template:
        return page("mailboxes/allowed", allowed=request.query_params.get("admin_consent", "").lower() == "true")


def last_part(request: Asked) -> str:
    """Each provider has addresses of its own: theirs are registered with it."""
    return request.url.path.rstrip("/").rpartition("/")[2]


def mailbox_named(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refused(connecting.UNKNOWN_TIER) from None


def refused(provider: str, error: Told, tier: str) -> Template:
    """Why nothing was connected, and the way on: the same consent once more."""
    known = provider in configured()
    link = admin_url(provider, tier) if isinstance(error, AdminNeeded) else ""
    if isinstance(error, OperatorNeeded):
        log.error("A provider refused our registration", provider=provider, code=error.code)
    status = 502 if isinstance(error, ProviderError) else 422
    return page("mailboxes/refused", status_code=status, error=error, provider=provider if known else "", admin_url=link, tier=tier)


def admin_url(provider: str, tier: str = FULL_TIER) -> str:
    """Where an administrator allows Nachfass: Microsoft has a page for this app, Google a list of apps."""
    if provider not in configured():
        return ""
    return GOOGLES_LIST if provider == GMAIL else admin_consent_url(tier) if provider == OUTLOOK else ""


def is_behind(one: Shown) -> bool:
    return one.broken or (READ in one.mailbox.rights and one.mailbox.synced_at is not None and one.fresh.state not in (FRESH, LATE))


PAGES = [MailboxPages, AllowedPage, AliasPages]
