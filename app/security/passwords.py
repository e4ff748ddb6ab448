"""Passwords: what is strong enough, and argon2id (RFC 9106) for keeping what proves them."""

import asyncio
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Refused
from app.security.signing import secret_token

SHORTEST, LONGEST = 12, 256
FEWEST_CHARACTERS = 5
MOST_COMMON_WORDS = 2
MOST_IN_A_ROW = 0.7
LETTERS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiopü", "asdfghjklöä", "zxcvbnm", "yxcvbnm", "azertyuiop", "qsdfghjklm")
DIGITS = ("01234567890", "147", "258", "369", "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "6zhn", "7ujm", "8ik", "9ol")
ZIGZAGS = ("1q2w3e4r5t6y7u8i9o0p", "1q2w3e4r5t6z7u8i9o0p", "1a2b3c4d5e6f7g8h9i")
ROWS = (*LETTERS, *DIGITS, *ZIGZAGS)
LOOK_ALIKES = str.maketrans("013457@$!|", "oieastasii")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

HASHER = PasswordHasher()
AT_ONCE = 2
"""Each hash takes 64 MiB: however many knock, memory stays bounded and the event loop free."""
KITCHEN = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
T = TypeVar("T")


async def hashed(password: str) -> str:
    """What we keep of a password."""
    return await cooked(lambda: HASHER.hash(normal(password)))


async def belongs(password: str, kept: str) -> bool:
    """Does the password belong to what we kept? For nobody (`kept` empty) it takes just as long, and the answer is no."""
    return await cooked(lambda: matches(kept or nobodys(), password)) and bool(kept)


def is_outdated(kept: str) -> bool:
    """It was made with weaker parameters than today's: hash again while the password is at hand."""
    return HASHER.check_needs_rehash(kept)


def check_strength(password: str, email: str = "", name: str = "", workspace: str = "") -> None:
    """Refuse what is guessed in a few thousand tries; length is all else that counts (NIST SP 800-63B-4, 3.1.1)."""
    if len(password) < SHORTEST:
        raise Refused(
            "Use at least %(least)d characters. A few words that do not belong together are easy to keep in mind.", field="password", least=SHORTEST
        )
    if len(password) > LONGEST:
        raise Refused("Use at most %(most)d characters.", field="password", most=LONGEST)
    plain = normal(password).lower()
    if len(set(plain)) < FEWEST_CHARACTERS or is_row(plain) or is_refrain(plain):
        raise Refused(
            "This repeats a few characters, or follows the keyboard or the alphabet. Use words that do not belong together.", field="password"
        )
    own = own_words(email, name, workspace)
    if made_of(plain, own):
        raise Refused("This is mostly your name, your e-mail or the workspace. Use something that others do not know about you.", field="password")
    if made_of(plain, common_words() | own):
        raise Refused(
            "This is among the passwords that are tried first, even with digits or signs put in. Use words that do not belong together.",
            field="password",
        )


def is_row(plain: str) -> bool:
    """Most neighbours in it are neighbours on the keyboard or in the alphabet, too."""
    steps = list(pairwise(plain))
    return sum(step in neighbours() for step in steps) / len(steps) >= MOST_IN_A_ROW


def is_refrain(plain: str) -> bool:
    """The same few characters over and over."""
    return (plain + plain).find(plain, 1) <= len(plain) // 2


@cache
def neighbours() -> frozenset[tuple[str, str]]:
    lines = [*ROWS, *(row[::-1] for row in ROWS)]
    return frozenset(step for line in lines for step in pairwise(line)) | {(letter, letter) for row in ROWS for letter in row}


def made_of(plain: str, words: frozenset[str]) -> bool:
    """Nothing is left of it but at most two different words of these, whatever digits and marks stand between."""
    letters = re.sub(r"[\W\d_]+", "", plain.translate(UMLAUTS))
    undisguised = re.sub(r"[\W\d_]+", "", re.sub(r"[\W\d_]+$", "", plain.translate(UMLAUTS)).translate(LOOK_ALIKES))
    return any(text and fewest_words(text, words) <= MOST_COMMON_WORDS for text in (letters, undisguised))


def fewest_words(text: str, words: frozenset[str]) -> int:
    """How many different words it takes to spell the text; more than anybody counts if they can't."""
    spelled: dict[int, frozenset[str]] = {0: frozenset()}
    longest = max(map(len, words), default=0)
    for end in range(1, len(text) + 1):
        ways = [spelled[start] | {text[start:end]} for start in range(max(0, end - longest), end) if start in spelled and text[start:end] in words]
        if ways:
            spelled[end] = min(ways, key=len)
    return len(spelled[len(text)]) if len(text) in spelled else LONGEST


@cache
def common_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def own_words(*known: str) -> frozenset[str]:
    """The words of a name, an address, a company: as a whole and in parts."""
    parts = [part for text in known for part in [*re.split(r"[\W\d_]+", text), re.sub(r"[\W\d_]+", "", text)]]
    return frozenset(part.lower().translate(UMLAUTS) for part in parts if len(part) > 1)


def normal(password: str) -> str:
    """The same password, whichever keyboard composed its accents."""
    return unicodedata.normalize("NFKC", password)


def matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, normal(password)[: LONGEST * 4])
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobodys() -> str:
    """What is compared when there is nobody to compare with."""
    return HASHER.hash(secret_token())


async def cooked(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(KITCHEN, work)
