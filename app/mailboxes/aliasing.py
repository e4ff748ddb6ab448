"""Knowing which addresses a mailbox may send from, and how each of them signs."""

from collections.abc import Sequence
from html import escape
from uuid import UUID

import nh3
import structlog

from app.clock import new_id, now
from app.database import rows, together
from app.errors import NotHere, ProviderError, Refused
from app.happenings import MailboxConnected
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import KnowsAliases, SendAs
from app.mailboxes.tables import Alias, Mailbox

log = structlog.get_logger()

LONGEST_SIGNATURE = 20_000
"""Characters; Gmail takes 10,000."""
TAGS = {"a", "b", "strong", "i", "em", "u", "br", "div", "p", "span", "font", "img", "table", "tbody", "tr", "td", "ul", "ol", "li", "hr"}
ATTRIBUTES = {
    "a": {"href", "style"}, "img": {"src", "alt", "width", "height", "style"}, "font": {"color", "face", "size"},
    "table": {"cellpadding", "cellspacing", "border", "width", "style"}, "td": {"width", "valign", "align", "style"},
    **{tag: {"style"} for tag in ("div", "p", "span", "ul", "ol", "li", "hr", "tr")},
}  # fmt: skip
STYLES = {
    "color", "background-color", "font-family", "font-size", "font-weight", "font-style", "line-height", "text-align", "text-decoration",
    "vertical-align", "width", "height", "margin", "padding", "padding-left", "padding-right", "padding-top", "padding-bottom", "border",
    "border-left", "border-top", "border-collapse",
}  # fmt: skip

CLAIM = """
UPDATE mailbox SET aliases_due_at = $1::timestamptz + interval '1 hour' WHERE id = (
  SELECT id FROM mailbox WHERE aliases_due_at <= $1 AND disconnected_at IS NULL AND tokens IS NOT NULL AND 'read' = ANY(rights)
  ORDER BY aliases_due_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id
"""
"""Whoever dies over it, or is refused, leaves it to the next in an hour."""
NOTE = """
INSERT INTO alias (id, workspace, mailbox, address, name, reply_to, is_default, signature, typed, signs, verified_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', true, CASE WHEN $9 THEN $10::timestamptz END, $10)
ON CONFLICT (mailbox, address) DO UPDATE SET name = excluded.name, reply_to = excluded.reply_to, is_default = excluded.is_default,
  signature = excluded.signature, verified_at = CASE WHEN $9 THEN coalesce(alias.verified_at, $10) END, seen_at = $10, gone_at = NULL
"""


async def refresh_aliases() -> int:
    """Ask every mailbox once a day which addresses it may send from; how many were asked."""
    asked = 0
    while taken := await rows(CLAIM, now()):
        asked += 1
        mailbox = await Mailbox.objects().get(Mailbox.id == taken[0]["id"])
        assert mailbox is not None  # it was just claimed
        try:
            await refresh(mailbox)
        except ProviderError as error:
            log.warning("The addresses of a mailbox could not be asked for", mailbox=str(mailbox.id), code=error.code)
    return asked


async def refresh(mailbox: Mailbox) -> None:
    provider = await open_mailbox(mailbox)
    found = await provider.aliases() if isinstance(provider, KnowsAliases) else [SendAs(mailbox.address, mailbox.name, is_default=True)]
    async with together():
        await note(mailbox, found)
        await rows("UPDATE mailbox SET aliases_due_at = $2::timestamptz + interval '1 day' WHERE id = $1", mailbox.id, now())


async def note(mailbox: Mailbox, found: Sequence[SendAs]) -> None:
    """Write down what the provider named; what it does not name any more is gone, and stays ours."""
    at = now()
    for one in found:
        await rows(
            NOTE, new_id(), mailbox.workspace, mailbox.id, one.address[:320], one.name[:200], one.reply_to[:320], one.is_default,
            cleaned(one.signature), one.verified, at,
        )  # fmt: skip
    await rows("UPDATE alias SET gone_at = $2 WHERE mailbox = $1 AND seen_at < $2 AND gone_at IS NULL", mailbox.id, at)


async def ask_for_aliases(fact: MailboxConnected) -> None:
    """Connected, maybe with other rights than before: its addresses are asked for at once."""
    await Mailbox.update({Mailbox.aliases_due_at: now()}).where(Mailbox.id == fact.mailbox)


async def aliases_of(mailboxes: Sequence[UUID], *, pending: bool = False) -> list[Alias]:
    """The addresses that can be sent from, the default of each mailbox first; `pending`: those not confirmed yet, too."""
    if not mailboxes:
        return []
    there = Alias.mailbox.is_in(list(mailboxes)) & Alias.gone_at.is_null()
    there = there if pending else there & Alias.verified_at.is_not_null()
    found: list[Alias] = await Alias.objects().where(there).order_by(Alias.address)
    return sorted(found, key=lambda one: not one.is_default)


async def alias_of(mailbox: Mailbox, alias_id: UUID) -> Alias:
    found = await Alias.objects().where(Alias.id == alias_id, Alias.mailbox == mailbox.id).first()
    if found is None:
        raise NotHere("This mailbox has no such address. Go back to your mailboxes.")
    return found


async def sign(alias: Alias, typed: str, signs: bool) -> None:
    """What the rep decides: whether it signs, and with which words where the provider gives none."""
    typed = typed.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(typed) > LONGEST_SIGNATURE:
        raise Refused("This signature has more than %(most)d characters. Shorten it.", field="typed", most=LONGEST_SIGNATURE)
    await alias.update_self({Alias.typed: typed, Alias.signs: signs})


def signature_of(alias: Alias) -> str:
    """As HTML: the provider's where it gives one, else the rep's own."""
    return alias.signature or escape(alias.typed, quote=False).replace("\n", "<br>")


def cleaned(html: str) -> str:
    """A signature as the provider holds it, without anything that could run or hide."""
    silent = {"script", "style", "title", "head", "template"}
    return nh3.clean(
        html.replace("\x00", "")[:LONGEST_SIGNATURE], tags=TAGS, clean_content_tags=silent, attributes=ATTRIBUTES,
        filter_style_properties=STYLES, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None,
    ).strip()  # fmt: skip


def worded(html: str) -> str:
    """A signature to look at on our own pages: no pictures, no styles."""
    return nh3.clean(html, tags=TAGS - {"img", "font"}, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"})
