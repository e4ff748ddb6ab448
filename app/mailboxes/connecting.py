"""Connecting a mailbox: to the provider's consent page, and back with what was allowed (authorization code with PKCE, RFC 7636)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import AdminNeeded, OperatorNeeded, ProviderError, Refused
from app.happenings import MailboxConnected, announce
from app.identity.guarding import Me
from app.mailboxes.asking import COMPANIES, brand_of, by_imap, configured, mailbox_of
from app.mailboxes.following import move
from app.mailboxes.letting_in import let_in
from app.mailboxes.losing_sight import stop_looking
from app.mailboxes.opening import sealed
from app.mailboxes.providers import gmail_tokens, outlook_tokens
from app.mailboxes.providers.granting import ADMIN_FIRST, Flow, Granted
from app.mailboxes.reaching_back import REACHES, UNKNOWN_REACH
from app.mailboxes.tables import A_MONTH, FULL_TIER, GMAIL, IMAP, IMAP_TIER, READ, SEND, SEND_TIER, Handshake, Mailbox
from app.security.sealing import seal, unseal
from app.security.signing import digest, secret_token
from app.settings import settings
from app.web.locale import N_

CONSENT_LASTS = timedelta(minutes=10)
PURPOSE = "mailbox handshake"

UNKNOWN_PROVIDER = N_("This Nachfass is not set up for that provider. Choose another one, or ask your operator.")
UNKNOWN_TIER = N_("This is not something a mailbox can be asked for. Nothing was changed. Go back to your mailboxes.")
DECLINED = N_("You did not allow it at %(provider)s, so nothing was connected and nothing was changed. Start again whenever you like.")
DID_NOT_WORK = N_("%(provider)s ended the consent with an error (%(word)s). Nothing was connected. Try again.")
NEVER_STARTED = N_("This answer from %(provider)s belongs to no request of yours. Nothing was connected. Start again from your mailboxes.")
USED_ALREADY = N_("This answer from %(provider)s was used already; it counts once. If the mailbox is not in your list, start again.")
TOO_LATE = N_("Between leaving for %(provider)s and coming back more than ten minutes went by. Nothing was connected. Start again.")
ELSEWHERE = N_("This connection was started in another browser or another session. Nothing was connected. Start again here.")
NOTHING_ALLOWED = N_(
    "Every right was unticked at %(provider)s, so there is nothing Nachfass could do. Nothing was connected. "
    "Start again and leave them ticked."
)
WRONG_ACCOUNT = N_(
    "You allowed %(given)s, but this mailbox is %(expected)s. Nothing was changed. "
    "Connect again and choose %(expected)s, or connect %(given)s as a new mailbox."
)
SOMEBODY_ELSES = N_("%(address)s is connected by somebody else in this workspace already. Nothing was changed. Ask them to disconnect it first.")
CONNECTED_OTHERWISE = N_(
    "%(address)s is connected in this workspace already, through %(brand)s. Nothing was changed. To change the way, disconnect it there first."
)


async def start(me: Me, provider: str, tier: str, mailbox_id: UUID | None = None, days: int = A_MONTH) -> str:
    """Note the consent under way and answer where to send the person. With a mailbox: connect that one again.

    `days` is how much of the past is to be imported, one of `REACHES`.
    """
    if provider not in configured():
        raise Refused(UNKNOWN_PROVIDER)
    if tier not in (FULL_TIER, SEND_TIER, *([IMAP_TIER] if provider in by_imap() else [])):
        raise Refused(UNKNOWN_TIER)
    if days not in REACHES:
        raise Refused(UNKNOWN_REACH)
    mailbox = await mailbox_of(me, mailbox_id) if mailbox_id else None
    state = secret_token()
    hint, claims = (mailbox.address, mailbox.claims) if mailbox else ("", "")
    flow: Flow = await tokens_of(provider).start(tier, state, redirect_url(provider), hint, claims)
    await Handshake(
        workspace=me.workspace.id, session=me.session.id, person=me.person.id, provider=provider, tier=tier, mailbox=mailbox_id, import_days=days,
        state=digest(state), flow=seal(flow.secret, PURPOSE), expires_at=now() + CONSENT_LASTS,
    ).save()  # fmt: skip
    return flow.url


def tokens_of(provider: str) -> Any:
    return gmail_tokens if provider == GMAIL else outlook_tokens


def redirect_url(provider: str) -> str:
    return f"{settings().base_url}/mailboxes/connected/{provider}"


async def finish(me: Me, provider: str, answered: Mapping[str, str]) -> Mailbox:
    """What the provider sent back with the person, turned into a connected mailbox."""
    handshake = await claimed(me, provider, answered.get("state", ""))
    if "error" in answered:
        raise declined(provider, answered)
    granted: Granted = await tokens_of(provider).finish(handshake.tier, unseal(bytes(handshake.flow), PURPOSE), answered)
    if not rights_of(handshake, granted):
        raise Refused(NOTHING_ALLOWED, provider=COMPANIES[provider])
    if handshake.tier == IMAP_TIER:
        granted = await let_in(provider, granted)
    return await keep(me, handshake, granted)


async def claimed(me: Me, provider: str, state: str) -> Handshake:
    """The consent that this state belongs to; from now on it is used, whatever comes of it."""
    taken = await rows(
        "UPDATE handshake SET used_at = $1 WHERE state = $2 AND session = $3 AND provider = $4 AND used_at IS NULL AND expires_at > $1 RETURNING id",
        now(), digest(state), me.session.id, provider,
    )  # fmt: skip
    found = await Handshake.objects().where(Handshake.state == digest(state), Handshake.provider == provider).first()
    if found is None or not taken:
        raise Refused(why_not(me, found), provider=COMPANIES[provider])
    return found


async def asked_for(me: Me, provider: str, state: str) -> str:
    """What the consent of this state was to allow, to be asked for again; everything, if the person has no such consent under way."""
    mine = Handshake.state == digest(state), Handshake.session == me.session.id, Handshake.provider == provider
    found = await Handshake.select(Handshake.tier).where(*mine).first()
    return str(found["tier"]) if found else FULL_TIER


def why_not(me: Me, found: Handshake | None) -> str:
    if found is None:
        return NEVER_STARTED
    if found.session != me.session.id:
        return ELSEWHERE
    return USED_ALREADY if found.used_at else TOO_LATE


def declined(provider: str, answered: Mapping[str, str]) -> Refused | ProviderError:
    """An error that came back instead of a code: the person's no, the organisation's, or a fault."""
    error, description = answered["error"], answered.get("error_description", "")
    company = COMPANIES[provider]
    known = outlook_tokens.judged({"error": error, "error_description": description}) if provider != GMAIL else gmail_tokens.judged({"error": error})
    if isinstance(known, AdminNeeded) or error in ("admin_policy_enforced", "consent_required"):
        return AdminNeeded(ADMIN_FIRST, code=known.code, provider=company)
    if isinstance(known, OperatorNeeded):
        return known
    if error == "access_denied":
        return Refused(DECLINED, provider=company)
    return Refused(DID_NOT_WORK, provider=company, word=error[:100])


async def keep(me: Me, handshake: Handshake, granted: Granted) -> Mailbox:
    """Write the mailbox down, or what is new about one that was there."""
    async with together():
        await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"account {me.workspace.id} {granted.account.key}")
        known = await known_as(me, handshake, granted)
        await refuse_another(me, handshake, granted, known)
        mailbox = await (renewed(known, handshake, granted) if known else opened(me, handshake, granted))
        await announce(MailboxConnected(mailbox.id))
    return mailbox


def way_of(handshake: Handshake) -> tuple[str, str]:
    """How the mailbox is spoken to, and whose consent lets it in there, if it is IMAP."""
    return (IMAP, handshake.provider) if handshake.tier == IMAP_TIER else (handshake.provider, "")


async def known_as(me: Me, handshake: Handshake, granted: Granted) -> Mailbox | None:
    """The mailbox that it is already. One that IMAP knew by password bears its address for an account until its consent names it."""
    provider, consents = way_of(handshake)
    mine = Mailbox.workspace == me.workspace.id, Mailbox.provider == provider
    found = await Mailbox.objects().where(*mine, Mailbox.account == granted.account.key).first()
    if found is None and consents:
        found = await Mailbox.objects().where(*mine, Mailbox.account == granted.account.address, Mailbox.consents == "").first()
    return found


async def refuse_another(me: Me, handshake: Handshake, granted: Granted, known: Mailbox | None) -> None:
    """No silent change of account: whoever connects again must bring the same one, and nobody takes a colleague's."""
    if handshake.mailbox and (known is None or known.id != handshake.mailbox):
        expected = await mailbox_of(me, handshake.mailbox)
        raise Refused(WRONG_ACCOUNT, given=granted.account.address, expected=expected.address)
    if known and known.person != me.person.id:
        raise Refused(SOMEBODY_ELSES, address=granted.account.address)
    if other := await connected_otherwise(me, handshake, granted.account.address, known):
        raise Refused(CONNECTED_OTHERWISE, field="address", address=granted.account.address, brand=brand_of(other))


async def connected_otherwise(me: Me, handshake: Handshake, address: str, known: Mailbox | None) -> Mailbox | None:
    """The same mailbox, connected in another way: every mail would be there twice."""
    provider, consents = way_of(handshake)
    there = Mailbox.workspace == me.workspace.id, Mailbox.address == address, Mailbox.disconnected_at.is_null()
    others: list[Mailbox] = await Mailbox.objects().where(*there)
    return next((one for one in others if (one.provider, one.consents) != (provider, consents) and (known is None or one.id != known.id)), None)


async def opened(me: Me, handshake: Handshake, granted: Granted) -> Mailbox:
    provider, consents = way_of(handshake)
    made = Mailbox(
        workspace=me.workspace.id, person=me.person.id, provider=provider, consents=consents, account=granted.account.key,
        address=granted.account.address,
        name=(granted.account.name or me.person.name)[:200], tier=handshake.tier, rights=rights_of(handshake, granted), tokens=sealed(granted.tokens),
        import_days=handshake.import_days, read_since=now() if READ in rights_of(handshake, granted) else None,
    )  # fmt: skip
    await made.save()
    return made


async def renewed(mailbox: Mailbox, handshake: Handshake, granted: Granted) -> Mailbox:
    """Trouble is over, but a mailbox that could not be read stays marked until what was missed has been read.

    Whoever is reading it with the old tokens loses the claim, and with it the right to complain.
    """
    await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"tokens {mailbox.id}")
    await move(mailbox, granted.account.address)
    rights = rights_of(handshake, granted)
    changes: dict[Column | str, Any] = {
        Mailbox.tier: handshake.tier, Mailbox.rights: rights, Mailbox.claims: "", Mailbox.account: granted.account.key,
        Mailbox.consents: way_of(handshake)[1],
        Mailbox.tokens: sealed(granted.tokens), Mailbox.problem: "", Mailbox.problem_words: "", Mailbox.problem_code: "",
        Mailbox.failures: 0, Mailbox.due_at: now(), Mailbox.claimed_at: None, Mailbox.disconnected_at: None,
        Mailbox.broken_at: (mailbox.broken_at or mailbox.disconnected_at) if READ in rights else None,
    }  # fmt: skip
    if READ in rights and mailbox.read_since is None and mailbox.imported_at is None:
        changes |= {Mailbox.read_since: now(), Mailbox.import_days: handshake.import_days}
    await mailbox.update_self(changes)
    if READ not in granted.rights:
        await stop_looking(mailbox)
    return mailbox


def rights_of(handshake: Handshake, granted: Granted) -> list[str]:
    """What was allowed, and of that no more than was asked for now: Google adds what the person ever allowed this app."""
    return sorted(granted.rights & {SEND} if handshake.tier == SEND_TIER else granted.rights)


def admin_consent_url(tier: str = FULL_TIER) -> str:
    """Where an administrator allows Nachfass for everybody in their organisation."""
    return outlook_tokens.admin_consent_url(f"{settings().base_url}/mailboxes/allowed", IMAP_TIER if tier == IMAP_TIER else FULL_TIER)
