"""Letters of servers that say a mail arrived, without a report part (RFC 3464 leaves the wording to them)."""

# ruff: noqa: E501 - tables of wordings

import re

from app.threads.recognising.failing import failing_addresses
from app.threads.recognising.fields import codes_in
from app.threads.recognising.kinds import DELIVERY_RECEIPT
from app.threads.recognising.reasons import ARRIVED
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELIVERED, Recognition, Result, Sentence
from app.web.locale import N_

LONGEST_LETTER = 6_000
SUBJECT = re.compile(
    r"""
    ^\W{0,3}(
      (delivered|relayed|expanded|zugestellt|übermittelt|weitergeleitet|geliefert|remis|transmis|relayé|entregado|retransmitido|consegnato|recapitato|inoltrato|bezorgd|doorgegeven|entregue|levererat|vidarebefordrat|leveret|levert|dostarczono|doručeno|toimitettu|доставлено|已送达|已傳遞|配信済み)\s?[:：]
    | success\w*\ (mail\ )?deliver | (mail\ |message\ |e-?mail\ )?deliver(y|ed)\ (confirm|success|receipt|report|status|notif) | confirmation\ of\ delivery | return\ receipt | dsn:?\ (success|delivered)
    | message\ status\ -\ (delivered|completed|transferred) | zustellbestätigung | (accusé|confirmation|avis)\ de\ (remise|livraison) | confirmaci[oó]n\ de\ entrega | conferma\ di\ consegna | afleverbevestiging | confirmação\ de\ entrega
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
ARRIVES = re.compile(
    r"""
      (was|were|been|is|be)\ success\w*\ (deliver|relay|sent|transmit|receiv) | success\w*\ (delivery\ notification|delivered|relayed) | had\ successful\ delivery | relayed\ to\ non-?\ ?dsn | delivery\ to\ these\ recipients\ or\ groups\ is\ complete
    | (has|have)\ been\ (delivered|relayed)\ to\b | was\ (delivered|relayed)\ to\b | delivered\ to\ (the\ )?(mailbox|recipient) | message\ accepted\ for\ delivery
    | (wurde|ist)\ .{0,60}(zugestellt|übermittelt|ausgeliefert)\b | a\ été\ (remis|distribué|livré|transmis)\b | (ha\ sido|fue|se\ ha|se)\ entreg(ado|ó)\b | è\ stato\ (recapitato|consegnato)\b | is\ (bezorgd|afgeleverd)\b | foi\ entregue\b
    | (har\ levererats|levererades|er\ leveret|blev\ leveret|er\ levert|została\ dostarczona|byla\ doručena|on\ toimitettu|доставлено|已(成功)?(送达|投递)|配信されました)
    """,
    re.IGNORECASE | re.VERBOSE,
)
DOUBTED = re.compile(
    r"""
      (not|n't|never)\ (yet\ )?(be(en)?\ )?(success\w*\ )?(deliver|relay|sent\b) | undeliver | fail(ed|ure) | permanent | rejected | refused | returned\ to | delayed | (warning|fatal)\b | bounced? | \b[45]\d\d\ [45]\.\d
    | nicht\ .{0,20}(zugestellt|übermittelt|ausgeliefert) | unzustellbar | fehl(er|geschlagen) | n'a\ (pas|pu) | n'est\ pas | échec | no\ (se\ )?(ha|pudo|fue|entreg) | \berror[ei]?\b | \berro\b | \berreur | non\ (è|ha) | niet\ .{0,20}(bezorgd|afgeleverd) | n[aã]o\ (foi|p[oô]de) | (inte|ikke|nie|nebyl|ei|не)\ .{0,20}(lever|dostarcz|doruč|toimit|достав) | 未|无法|できません
    """,
    re.IGNORECASE | re.VERBOSE,
)

WORDED = Sentence(N_("A mail server writes that it arrived."))


def worded_arrival(seen: Seen) -> Recognition | None:
    """A mailer's letter that says it arrived and nothing against it; of others only with a subject that says so too."""
    if not seen.is_mailer or seen.reply_subject or seen.forward_subject or len(seen.server_words) > LONGEST_LETTER:
        return None
    words = " ".join(seen.server_words.replace("’", "'").split())
    if not ARRIVES.search(words) or DOUBTED.search(f"{seen.subject} {words}"):
        return None
    titled = SUBJECT.match(seen.subject)
    return arrived(seen, "arrival-subject" if titled else "arrival-wording")


def arrived(seen: Seen, rule: str) -> Recognition:
    status = next((code for code in codes_in(seen.server_words) if code[0] == "2"), "2.0.0")
    results = tuple(Result(address, DELIVERED, status, "", ARRIVED) for address in failing_addresses(seen))
    return Recognition(DELIVERY_RECEIPT, ("sender-is-a-mail-server", rule), (WORDED,), status=status, results=results)
