"""Graph's `$filter`, as far as a mail program needs it; anything else is refused as Graph refuses it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from app.sandbox import mime as mails
from app.sandbox.graph_asking import bad_request
from app.sandbox.graph_shapes import stamp, value_of
from app.sandbox.world import Copy

Test = Callable[[Copy], bool]
PROPERTY = re.compile(r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq '([^']+)' and \1/value eq '((?:[^']|'')*)'\s*\)", re.I)
TEXT = re.compile(r"(internetMessageId|conversationId|subject|id) eq '((?:[^']|'')*)'$", re.I)
TIME = re.compile(r"(receivedDateTime|sentDateTime|createdDateTime|lastModifiedDateTime) (ge|gt|le|lt|eq) '?([0-9T:.Z+-]+)'?$", re.I)
TRUTH = re.compile(r"(isDraft|isRead|hasAttachments) eq (true|false)$", re.I)
FROM = re.compile(r"from/emailAddress/address eq '([^']+)'$", re.I)
COMPARED: dict[str, Callable[[datetime, datetime], bool]] = {
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
    "eq": lambda a, b: a == b,
}


def test_of(wish: str) -> Test:
    """All clauses of a filter, joined by `and`."""
    properties = [property_test(found[2], plain(found[3])) for found in PROPERTY.finditer(wish)]
    rest = [clause.strip(" ()") for clause in PROPERTY.sub("", wish).split(" and ")]
    tests = properties + [clause_test(clause) for clause in rest if clause]
    return lambda copy: all(test(copy) for test in tests)


def conversation_in(wish: str) -> str:
    """The conversation that a filter is about, if it is about one alone."""
    found = TEXT.match(wish)
    return plain(found[2]) if found and found[1].lower() == "conversationid" else ""


def plain(quoted: str) -> str:
    return quoted.replace("''", "'")


def property_test(name: str, value: str) -> Test:
    return lambda copy: (value_of(copy, name) or "").lower() == value.lower()


def clause_test(clause: str) -> Test:
    text, time, truth, author = TEXT.match(clause), TIME.match(clause), TRUTH.match(clause), FROM.match(clause)
    if text:
        return text_test(text[1].lower(), plain(text[2]))
    if time:
        return time_test(time[1].lower(), COMPARED[time[2].lower()], moment(time[3]))
    if truth:
        return truth_test(truth[1].lower(), truth[2].lower() == "true")
    if author:
        return lambda copy: mails.sender(copy.mime) == author[1].lower()
    raise bad_request("The restriction or sort order is too complex for this operation.", "InefficientFilter")


def text_test(field: str, value: str) -> Test:
    if field == "internetmessageid":
        return lambda copy: copy.message_id == value
    if field == "conversationid":
        return lambda copy: copy.thread == value
    if field == "id":
        return lambda copy: copy.id == value
    return lambda copy: mails.header(copy.mime, "Subject").lower() == value.lower()


def time_test(field: str, compare: Callable[[datetime, datetime], bool], edge: datetime) -> Test:
    """Graph keeps whole seconds."""
    if field == "sentdatetime":
        return lambda copy: compare(moment(stamp(mails.dated(copy.mime) or copy.at)), edge)
    return lambda copy: compare(moment(stamp(copy.at)), edge)


def truth_test(field: str, wanted: bool) -> Test:
    if field == "isdraft":
        return lambda copy: copy.draft is wanted
    if field == "isread":
        return lambda copy: copy.read is wanted
    return lambda copy: bool(mails.attachments(copy.mime)) is wanted


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"Invalid date-time literal '{text}'.", "BadRequest") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
