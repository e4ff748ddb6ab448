"""Settings: profile, writing, password, where I am signed in, people, workspace."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from babel.core import Locale
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from app.errors import Refused
from app.happenings import CONDITIONS, NO_REPLY
from app.identity.door_pages import errors_of, status_of
from app.identity.guarding import Me, owner
from app.identity.inviting import ROLES, end_membership, invite, members, open_invitations, withdraw
from app.identity.preferring import (
    FORGETS_AFTER,
    REMINDS_AFTER,
    Writing,
    change_password,
    change_profile,
    change_workspace,
    change_writing,
)
from app.identity.signing_in import end_other_sessions, end_session, sessions_of
from app.identity.tables import REP, Session
from app.identity.visiting import device_of, visit_of
from app.settings import settings
from app.web.locale import LANGUAGES, N_, language_of
from app.web.replies import Asked, flash, page, redirect


@dataclass(frozen=True)
class Profile:
    """Who I am and how I read Nachfass."""

    name: str = ""
    locale: str = ""
    time_zone: str = ""
    theme: str = ""


@dataclass(frozen=True)
class Defaults:
    """The switches of compose; a switch that is off is not in the form."""

    logs: str = ""
    tracks_opens: str = ""
    tracks_clicks: str = ""
    asks_read: str = ""
    asks_delivery: str = ""
    reminds_after: str = ""
    reminds_if: str = NO_REPLY
    disclosure: str = ""


@dataclass(frozen=True)
class Passwords:
    """The old one proves that it is me."""

    current: str = ""
    password: str = ""


@dataclass(frozen=True)
class Role:
    """What the next colleague comes as."""

    role: str = REP


@dataclass(frozen=True)
class House:
    """The workspace's name, what it decided about people who were not asked, whether its mail carries decoys, and how long it keeps what."""

    workspace: str = ""
    unknown_consent: str = ""
    decoys: str = ""
    forgets_after: str = "0"


class SettingsPages(Controller):
    """Everything about me, and for owners about the workspace."""

    path = "/settings"

    @get()
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return profile(request, Profile(me.person.name, me.person.locale, me.person.time_zone, me.person.theme))

    @post()
    async def update(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Profile]) -> Response[Any]:
        try:
            await change_profile(me, name=data.name, locale=data.locale, time_zone=data.time_zone, theme=data.theme)
        except Refused as refused:
            return profile(request, data, refused)
        return saved(request, "/settings")

    @get("/writing")
    async def show_writing(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return writing(request, me.person)

    @post("/writing")
    async def update_writing(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Defaults]) -> Response[Any]:
        switches = {name: bool(getattr(data, name)) for name in ("logs", "tracks_opens", "tracks_clicks", "asks_read", "asks_delivery")}
        wanted = Writing(**switches, reminds_after=data.reminds_after, reminds_if=data.reminds_if, disclosure=data.disclosure)
        try:
            await change_writing(me, wanted)
        except Refused as refused:
            return writing(request, wanted, refused)
        return saved(request, "/settings/writing")

    @get("/password")
    async def show_password(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return form(request, "identity/password")

    @post("/password")
    async def update_password(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Passwords]) -> Response[Any]:
        try:
            await change_password(me, data.current, data.password, visit_of(request))
        except Refused as refused:
            return form(request, "identity/password", refused)
        flash(request, N_("The password is changed. Everywhere else you are signed out."))
        return redirect("/settings/password")

    @get("/sessions")
    async def show_sessions(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return page("identity/sessions", sessions=await sessions_of(me), device_of=device_of, country_of=lambda session: country(session, request))

    @post("/sessions/{session_id:uuid}/end")
    async def end_session(self, request: Asked, me: NamedDependency[Me], session_id: FromPath[UUID]) -> Response[Any]:
        await end_session(me, session_id)
        flash(request, N_("You are signed out there."))
        return redirect("/settings/sessions")

    @post("/sessions/end-others")
    async def end_other_sessions(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        await end_other_sessions(me)
        flash(request, N_("Everywhere else you are signed out."))
        return redirect("/settings/sessions")

    @get("/people")
    async def show_people(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return await people(request, me)

    @post("/invitations", status_code=200)
    async def create_invitation(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Role]) -> Response[Any]:
        """The link is in this answer only: kept nowhere, it can't be shown again."""
        try:
            link = settings().base_url + await invite(me, data.role)
        except Refused as refused:
            return await people(request, me, refused)
        return await people(request, me, link=link)

    @post("/invitations/{invitation_id:uuid}/withdraw")
    async def withdraw(self, request: Asked, me: NamedDependency[Me], invitation_id: FromPath[UUID]) -> Response[Any]:
        await withdraw(me, invitation_id)
        flash(request, N_("The invitation is withdrawn. Its link leads nowhere now."))
        return redirect("/settings/people")

    @post("/people/{membership_id:uuid}/end")
    async def end_membership(self, request: Asked, me: NamedDependency[Me], membership_id: FromPath[UUID]) -> Response[Any]:
        left = await end_membership(me, membership_id)
        flash(request, N_("%(name)s no longer belongs to the workspace and is signed out everywhere."), name=left.name)
        return redirect("/settings/people")

    @get("/workspace")
    async def show_workspace(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        kept = owner(me).workspace
        shown = House(kept.name, kept.unknown_consent, "on" if kept.decoys else "", str(kept.forgets_after))
        return form(request, "identity/workspace", form=shown, forgets_after=FORGETS_AFTER)

    @post("/workspace")
    async def update_workspace(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[House]) -> Response[Any]:
        try:
            await change_workspace(
                me, name=data.workspace, unknown_consent=data.unknown_consent, decoys=bool(data.decoys), forgets_after=data.forgets_after
            )
        except Refused as refused:
            return form(request, "identity/workspace", refused, form=data, forgets_after=FORGETS_AFTER)
        return saved(request, "/settings/workspace")


def form(request: Asked, template: str, refused: Refused | None = None, **context: Any) -> Response[Any]:
    return page(template, status_code=status_of(refused), **errors_of(request, refused), **context)


def profile(request: Asked, typed: Profile, refused: Refused | None = None) -> Response[Any]:
    return form(
        request,
        "identity/profile",
        refused,
        form=typed,
        zones=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        languages=language_names(),
    )


def writing(request: Asked, typed: Any, refused: Refused | None = None) -> Response[Any]:
    return form(request, "identity/writing", refused, form=typed, reminds_after=REMINDS_AFTER, conditions=CONDITIONS)


async def people(request: Asked, me: Me, refused: Refused | None = None, link: str = "") -> Response[Any]:
    """A rep sees who is there; an owner invites and ends places too."""
    invitations = await open_invitations(me) if me.is_owner else []
    return form(request, "identity/people", refused, members=await members(me), invitations=invitations, roles=ROLES, link=link)


def language_names() -> dict[str, str]:
    """Each language in its own words."""
    return {code: str(Locale.parse(code).get_language_name(code)).capitalize() for code in LANGUAGES}


def country(session: Session, request: Asked) -> str:
    return str(Locale.parse(language_of(request)).territories.get(session.country, ""))


def saved(request: Asked, way: str) -> Response[Any]:
    flash(request, N_("Saved."))
    return redirect(way)
