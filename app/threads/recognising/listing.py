"""Mailing lists and bulk mail (RFC 2919, RFC 2369)."""

from app.threads.recognising.kinds import LIST_OR_BULK
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import Recognition, Sentence
from app.web.locale import N_

HEADERS = ("list-id", "list-unsubscribe", "list-post")

LISTED = Sentence(N_("It came over a mailing list, or is bulk mail: its header %(header)s says so."))


def of_a_list(seen: Seen) -> Recognition | None:
    header = list_header(seen)
    return Recognition(LIST_OR_BULK, (f"header-{header}",), (Sentence(LISTED.words, {"header": header.title()}),)) if header else None


def is_list(seen: Seen) -> bool:
    return bool(list_header(seen))


def list_header(seen: Seen) -> str:
    named = next((name for name in HEADERS if seen.header(name)), "")
    return named or ("precedence" if seen.precedence == "list" else "")
