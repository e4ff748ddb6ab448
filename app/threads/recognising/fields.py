"""Fields, codes, addresses and ids in the text of reports and of servers' letters."""

import re

from app.contacts.addresses import is_address, normal

LOOKED_AT = 60_000
MOST_ADDRESSES = 100

FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
AFTER_REPLY = re.compile(r"\b[245]\d\d[ \t-]+['\"]?\(?#?([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
IN_BRACKETS = re.compile(r"[(\[]?#([245]\.\d{1,3}\.\d{1,3})\b")
REPLY_CODE = re.compile(r"(?:^|[\s:>;(\"'-])([45][0-5]\d)(?=[ \t-]+\S|:|$)", re.MULTILINE)
ADDRESSES = re.compile(r"[^\s@<>(),;:\"\[\]=']{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
RETURNED_ID = re.compile(r"^[>|\s]{0,10}message-id[ \t]*:\s{0,4}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
MESSAGE_IDS = re.compile(r"<[^<>\s]{1,900}>")
BLANK = re.compile(r"\n[ \t]*\n")
ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def fields(text: str) -> dict[str, str]:
    """The fields of one block, tolerant of blanks before the colon (SquirrelMail) and of every case."""
    return {name.lower(): " ".join(value.split()) for name, value in FIELD.findall(text[:LOOKED_AT])}


def field_blocks(text: str) -> list[list[tuple[str, str]]]:
    """The fields of each paragraph, in order."""
    chunks = BLANK.split(text[:LOOKED_AT].replace("\r\n", "\n"))
    found = [[(name.lower(), " ".join(value.split())) for name, value in FIELD.findall(chunk)] for chunk in chunks]
    return [block for block in found if block]


def address_in(value: str) -> str:
    """`rfc822; anna@example.com` and all its misspellings; `utf-8;` with escaped letters too (RFC 6533, 3)."""
    text = ESCAPED.sub(letter, value.rpartition(";")[2]).strip().strip("<>'\"")
    candidate = normal(text)
    return candidate if is_address(candidate) else next(iter(addresses_in(text)), "")


def letter(escaped: re.Match[str]) -> str:
    number = int(escaped[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def addresses_in(text: str) -> list[str]:
    return list(dict.fromkeys(normal(found) for found in ADDRESSES.findall(text[:LOOKED_AT])))[:MOST_ADDRESSES]


def codes_in(text: str) -> list[str]:
    """Enhanced status codes in words, surest first: after a reply code, after a hash, anywhere."""
    anywhere = [".".join(found) for found in STATUS.findall(text)]
    return list(dict.fromkeys([*AFTER_REPLY.findall(text), *IN_BRACKETS.findall(text), *anywhere]))


def reply_code(text: str) -> str:
    """The SMTP reply code of a refusal (RFC 5321, 4.2), or nothing."""
    found = REPLY_CODE.search(text)
    return found[1] if found else ""


def is_general(status: str) -> bool:
    """x.0.0 and x.5.0 say nothing that the class does not say."""
    return not status or status.endswith(".0.0") or status.endswith(".5.0")


def with_reply(status: str, diagnostic: str) -> str:
    """The code that weighs: a bare reply of 4yz is never for good (RFC 5321, 4.2.1), though our own server gave up in the end."""
    return "4.0.0" if is_general(status) and reply_code(diagnostic).startswith("4") else status


def best_status(told: str, diagnostic: str) -> str:
    """What the other server replied with; else the report's own code; where that is general, any in the words, of the same class if possible."""
    replied = next((code for code in AFTER_REPLY.findall(diagnostic) if not is_general(code) and code[0] != "2"), "")
    if replied or not is_general(told):
        return replied or told
    codes = [code for code in codes_in(diagnostic) if not code.endswith(".0.0") and code[0] != "2"]
    same = [code for code in codes if told[:1] in ("", code[0])]
    return next(iter([*same, *codes]), "") or told or next(iter(codes_in(diagnostic)), "")


def first_block_id(text: str) -> str:
    """The Message-ID in the head of a returned mail; not one further down, which is of a mail inside it."""
    head = BLANK.split(text[:LOOKED_AT].replace("\r\n", "\n").lstrip("\n"), maxsplit=1)[0]
    found = RETURNED_ID.search(head)
    return found[1] if found else ""
