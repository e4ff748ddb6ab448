"""The pages about contacts, their consent, and the never-log list."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from app.contacts.being_away import is_away, note_back
from app.contacts.clocks import their_day
from app.contacts.consent import allowed, record, story
from app.contacts.editing import Details, add, edit, zones
from app.contacts.finding import contact_of
from app.contacts.listing import Wish, listed, their_time
from app.contacts.reaching import count_as_working
from app.contacts.refusing import listed as never_logged
from app.contacts.refusing import log_again, stop_logging, suggestion
from app.contacts.tables import Contact
from app.errors import Refused
from app.identity.guarding import Me
from app.identity.working_pages import holiday_fields
from app.web.locale import N_, language_of, translate
from app.web.replies import Asked, flash, page, redirect, wants_partial

VIEWS = ("timeline", "messages", "reminders", "details")


@dataclass
class ConsentForm:
    state: str = ""
    source: str = ""


@dataclass
class PatternForm:
    pattern: str = ""


class ContactPages(Controller):
    path = "/contacts"

    @get()
    async def index(
        self,
        request: Asked,
        me: NamedDependency[Me],
        q: FromQuery[str] = "",
        sort: FromQuery[str] = "last",
        consent: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Template:
        wish = Wish(q.replace("\0", "")[:200], sort, consent, after)
        listing = await listed(me, wish)
        template = "contacts/_rows" if wants_partial(request) and after else "contacts/index"
        return page(template, listing=listing, wish=wish, their_time=their_time, is_away=is_away, link=link)

    @get("/new")
    async def new(self, request: Asked, me: NamedDependency[Me], address: FromQuery[str] = "") -> Template:
        return new_page(request, Details(address=address))

    @post()
    async def create(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Details]) -> Template | Redirect:
        try:
            contact = await add(me, data)
        except Refused as refusal:
            return new_page(request, data, refusal)
        return redirect(f"/contacts/{contact.id}")

    @get("/{contact_id:uuid}")
    async def show(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID], view: FromQuery[str] = "timeline") -> Template:
        contact = await contact_of(me, contact_id)
        return await shown(request, me, contact, view if view in VIEWS else "timeline", typed=contact, errors={})

    @post("/{contact_id:uuid}")
    async def update(
        self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID], data: URLEncodedBody[Details]
    ) -> Template | Redirect:
        contact = await contact_of(me, contact_id)
        try:
            await edit(contact, data)
        except Refused as refusal:
            return await shown(request, me, contact, "details", status_code=422, typed=data, errors=at_field(request, refusal))
        flash(request, N_("Saved."))
        return redirect(f"/contacts/{contact.id}")

    @get("/{contact_id:uuid}/consent")
    async def consent(self, me: NamedDependency[Me], contact_id: FromPath[UUID], answer: FromQuery[str] = "refused") -> Template:
        contact = await contact_of(me, contact_id)
        return page("contacts/consent", contact=contact, typed=ConsentForm(answer), errors={})

    @post("/{contact_id:uuid}/consent")
    async def create_consent(
        self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID], data: URLEncodedBody[ConsentForm]
    ) -> Template | Redirect:
        contact = await contact_of(me, contact_id)
        try:
            await record(contact, data.state, data.source, me.person.id)
        except Refused as refusal:
            return page("contacts/consent", status_code=422, contact=contact, typed=data, errors=at_field(request, refusal))
        flash(request, N_("Noted. It holds at once, for mail already sent too."))
        return redirect(f"/contacts/{contact.id}")


    @post("/{contact_id:uuid}/reachable")
    async def create_reachable(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Redirect:
        """The address works again, the rep says."""
        await count_as_working(await contact_of(me, contact_id))
        flash(request, N_("Noted: this address works again."))
        return redirect(f"/contacts/{contact_id}")

    @post("/{contact_id:uuid}/back")
    async def create_back(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Redirect:
        """They are back, the rep says."""
        await note_back(await contact_of(me, contact_id))
        flash(request, N_("Noted: they are back. A reminder that waits for them keeps its date; change it in the thread."))
        return redirect(f"/contacts/{contact_id}")


class NeverLogPages(Controller):
    path = "/never-log"

    @get()
    async def index(self, me: NamedDependency[Me]) -> Template:
        entries = await never_logged(me)
        return page("contacts/never_log", entries=entries, suggestion=suggestion(me, entries), typed="", errors={})

    @post()
    async def create(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[PatternForm]) -> Template | Redirect:
        try:
            pattern = await stop_logging(me, data.pattern)
        except Refused as refusal:
            entries = await never_logged(me)
            errors = at_field(request, refusal)
            return page(
                "contacts/never_log", status_code=422, entries=entries, suggestion=suggestion(me, entries), typed=data.pattern, errors=errors
            )
        flash(request, N_("Mail with %(pattern)s is not logged any more, and what was logged before is removed."), pattern=pattern)
        return redirect("/never-log")

    @post("/{entry_id:uuid}/remove")
    async def remove(self, request: Asked, me: NamedDependency[Me], entry_id: FromPath[UUID]) -> Redirect:
        pattern = await log_again(me, entry_id)
        flash(request, N_("From now on, mail with %(pattern)s is logged again."), pattern=pattern)
        return redirect("/never-log")


async def shown(
    request: Asked, me: Me, contact: Contact, view: str, *, typed: Contact | Details, status_code: int = 200, errors: dict[str, str]
) -> Template:
    """The contact's page in one of its views."""
    allowance = allowed(me.workspace, contact)
    known = {"allowance": allowance, "story": await story(contact), "their_time": their_time(contact, me.person.locale), "zones": zones()}
    known |= {"away": is_away(contact), "their_day": their_day(contact, me.person.locale)}
    fields = holiday_fields(typed.country, typed.region, typed.time_zone, language_of(request))
    return page("contacts/show", status_code=status_code, contact=contact, view=view, typed=typed, errors=errors, **known, **fields)


def new_page(request: Asked, typed: Details, refusal: Refused | None = None) -> Template:
    errors = at_field(request, refusal) if refusal else {}
    fields = holiday_fields(typed.country, typed.region, typed.time_zone, language_of(request))
    return page("contacts/new", status_code=422 if refusal else 200, typed=typed, zones=zones(), errors=errors, **fields)


def at_field(request: Asked, refusal: Refused) -> dict[str, str]:
    """A refusal under the field it is about."""
    return {refusal.field or "form": translate(language_of(request), refusal.sentence, **refusal.values)}


def link(wish: Wish, **changes: str) -> str:
    """The same list with something else chosen."""
    chosen = {"q": wish.q, "sort": wish.sort, "consent": wish.consent, **changes}
    return "/contacts?" + urlencode({name: value for name, value in chosen.items() if value})


PAGES = [ContactPages, NeverLogPages]
