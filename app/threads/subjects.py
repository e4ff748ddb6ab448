"""Subjects compared: providers and people keep mails together by them."""

import re

MARK = re.compile(r"^(?:(?:re|aw|antw|sv|vs|r[eé]f|odp)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def bare(subject: str) -> str:
    """Without the marks of answers."""
    return " ".join(MARK.sub("", subject.strip()).split())


def joins(subject: str, *others: str) -> bool:
    """Is this the subject of one of these, but for “Re:”?"""
    return bare(subject).casefold() in {bare(other).casefold() for other in others}
