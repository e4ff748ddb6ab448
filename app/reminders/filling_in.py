"""Filling in the places of a follow-up text, so that a mail never shows a brace or greets nobody.

A place is `{first name}`; `{first name|there}` says what stands there when we do not know. Without that, the sentence around an
unknown place is left out, and a greeting goes on without a name.
"""

import re
from collections.abc import Mapping
from functools import partial

from app.errors import Refused

FIRST_NAME, NAME, COMPANY, SUBJECT, DAYS, MY_NAME = "first name", "name", "company", "subject", "days", "my name"
PLACES = (FIRST_NAME, NAME, COMPANY, SUBJECT, DAYS, MY_NAME)
IN_GERMAN = {"vorname": FIRST_NAME, "firma": COMPANY, "betreff": SUBJECT, "tage": DAYS, "mein name": MY_NAME}
PLACE = re.compile(r"\{([^{}|\n]*)(?:\|([^{}|\n]*))?\}")
SENTENCE_ENDS = re.compile(r"""(?<=[.!?…])(?<!\b\w[.])(?<!\bDr[.])(?<!\bNr[.])\s+(?=[A-ZÄÖÜ{“„"'])""")
ONE_DAY = (
    (re.compile(r"\b1 days\b"), "1 day"),
    (re.compile(r"\bvor 1 Tagen\b"), "vor einem Tag"),
    (re.compile(r"\bseit 1 Tagen\b"), "seit einem Tag"),
    (re.compile(r"\b1 Tagen?\b"), "1 Tag"),
)
TITLES = frozenset({"dr", "prof", "professor", "herr", "frau", "mr", "mrs", "ms", "mx", "sir", "dipl.-ing", "ing", "mag"})
GREETING_WORDS = 6
DEAR = (
    ({"dear", "mr", "mrs", "ms", "dr"}, "Hello"),
    ({"sehr", "geehrte", "geehrter", "geehrte/r", "liebe", "lieber", "liebe/r", "frau", "herr", "dr"}, "Guten Tag"),
)
LONGEST_NAME, LONGEST_TEXT = 80, 10_000


def checked(text: str) -> str:
    """The text as it is kept: every place is one that can be filled in, and no brace stands alone."""
    text = text.replace("\r", "").replace("\x00", "").strip()
    if not text:
        raise Refused("Write what the mail shall say.", field="text")
    if len(text) > LONGEST_TEXT:
        raise Refused("Use at most %(most)d characters.", field="text", most=LONGEST_TEXT)
    for found in PLACE.finditer(text):
        if meant(found[1]) is None:
            raise Refused(
                "“{%(place)s}” is nothing we can fill in. Use {first name}, {name}, {company}, {subject}, {days} or {my name}.",
                field="text", place=found[1].strip()[:40],
            )  # fmt: skip
    if lone := re.search(r"[{}].{0,20}", PLACE.sub("", text)):
        raise Refused("A brace stands alone at “%(where)s”. A place begins with { and ends with }, like {subject}.", field="text", where=lone[0])
    return text


def meant(place: str) -> str | None:
    """Which place is named, in English or German; None if there is none of that name."""
    said = " ".join(place.casefold().split())
    return IN_GERMAN.get(said, said if said in PLACES else None)


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with what is known in its places: nothing that was filled in is read for places again."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    done = [greeting(line, known) if number == first and greets(line) else sentences(line, known) for number, line in enumerate(lines)]
    kept = [new for new, old in zip(done, lines, strict=True) if new.strip() or not old.strip()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def greets(line: str) -> bool:
    """A short first line that ends as greetings do."""
    return line.rstrip()[-1:] in (",", "!", ":") and len(PLACE.sub("x", line).split()) <= GREETING_WORDS


def greeting(line: str, known: Mapping[str, str]) -> str:
    """Without a name it greets all the same: “Hi,”; what can't stand alone (“Dear”) becomes something that can."""
    if not lacks(line, known):
        return put_in(line, known)
    bare = re.sub(r"\s+([,!:.])", r"\1", " ".join(put_in(line, known).split()))
    words = {word.strip(".,!:").casefold() for word in bare.split()}
    other = next((instead for dear, instead in DEAR if words and words <= dear), None)
    return f"{other}{bare[-1]}" if other else bare


def sentences(line: str, known: Mapping[str, str]) -> str:
    """The sentences of a line whose places are all known."""
    return " ".join(in_singular(put_in(one, known)) for one in SENTENCE_ENDS.split(line) if not lacks(one, known))


def lacks(words: str, known: Mapping[str, str]) -> bool:
    """Is there a place of which nothing is known, and nothing was written instead?"""
    return any(not known.get(meant(found[1]) or "") and not (found[2] or "").strip() for found in PLACE.finditer(words))


def put_in(words: str, known: Mapping[str, str]) -> str:
    return PLACE.sub(partial(value_of, known=known), words)


def value_of(found: "re.Match[str]", known: Mapping[str, str]) -> str:
    return known.get(meant(found[1]) or "") or (found[2] or "").strip()


def in_singular(words: str) -> str:
    for plural, singular in ONE_DAY:
        words = plural.sub(singular, words)
    return words


def first_name(name: str) -> str:
    """What one calls them: “Anna” of “Dr. Anna Weber” and of “Weber, Anna”; nothing of an address."""
    if "@" in name:
        return ""
    last, comma, first = name.partition(",")
    words = [word for word in (first if comma and first.strip() else last).split() if word.strip(".").casefold() not in TITLES]
    return words[0] if words and words[0][0].isalpha() and not words[0].endswith(".") else ""
