"""The form that connects any other mailbox: the address first, then the servers that were found for it, and a password."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes import connecting_imap
from app.mailboxes.asking import by_imap, configured, mailbox_of
from app.mailboxes.connecting_imap import Entered
from app.mailboxes.finding_servers import Servers
from app.mailboxes.pages import CONNECTED, mailbox_named
from app.mailboxes.tables import Mailbox
from app.web.locale import language_of, translate
from app.web.replies import Asked, flash, page, redirect


class ImapPages(Controller):
    path = "/mailboxes/imap"

    @get("/")
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        """The address is asked first; with it comes the rest of the form."""
        mailbox = await named(me, request.query_params.get("mailbox", ""))
        address = request.query_params.get("address", "")
        if mailbox is not None and mailbox.consents:
            return redirect("/mailboxes")
        if not address and mailbox is None:
            return form(request, Entered(), asks="address")
        try:
            entered, servers = await connecting_imap.prefilled(me, address, mailbox)
        except Refused as error:
            return form(request, Entered(address), asks="address", error=error)
        return form(request, entered, servers=servers, again=mailbox)

    @post("/")
    async def connect(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Entered]) -> Response[Any]:
        again = await named(me, data.mailbox)
        try:
            mailbox = await connecting_imap.connect(me, data, again.id if again else None)
        except Refused as error:
            return form(request, data, again=again, error=error)
        flash(request, CONNECTED, address=mailbox.address)
        return redirect("/mailboxes")


async def named(me: Me, text: str) -> Mailbox | None:
    found = mailbox_named(text)
    return await mailbox_of(me, found) if found else None


def form(
    request: Asked, entered: Entered, *, asks: str = "all", servers: Servers | None = None, again: Mailbox | None = None, error: Refused | None = None
) -> Response[Any]:
    """Everything that was typed is there again, but for the password."""
    entered.password = ""
    sentence = translate(language_of(request), error.sentence, **error.values) if error else ""
    errors = {error.field or "": sentence} if error else {}
    consent = servers.consent if servers and servers.consent in configured() else ""
    return page(
        "mailboxes/imap", status_code=422 if error else 200, form=entered, asks=asks, servers=servers, again=again, errors=errors, consent_at=consent,
        by_imap=consent in by_imap(),
    )


PAGES = [ImapPages]
