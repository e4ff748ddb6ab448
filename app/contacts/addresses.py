"""Mail addresses: read from what people type, and told apart."""

import re

LONGEST = 320
ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?=.{1,255}$)[^\s@<>(),;:\"\\\[\]_]+(?:\.[^\s@<>(),;:\"\\\[\]_]+)+")
DOMAIN = re.compile(r"(?=.{4,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")

FREE = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.de hotmail.com hotmail.de live.com live.de msn.com yahoo.com yahoo.de ymail.com icloud.com me.com
    mac.com aol.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de posteo.de mailbox.org proton.me protonmail.com fastmail.com orange.fr
    free.fr laposte.net libero.it wp.pl seznam.cz mail.ru yandex.ru qq.com 163.com
    """.split()  # noqa: SIM905 - a list of 37 quoted words reads worse
)
"""Domains that belong to no company: two people there are no colleagues."""


def normal(address: str) -> str:
    """An address as we compare it: lower case, no spaces around, no closing dot."""
    return address.strip().strip("<>").rstrip(".").lower()[:LONGEST]


def is_address(text: str) -> bool:
    return len(text) <= LONGEST and ADDRESS.fullmatch(text) is not None


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def company_domain(address: str) -> str:
    """The domain, if it tells who somebody works for; empty for free mail."""
    domain = domain_of(address)
    return "" if domain in FREE else domain


def same_box(address: str) -> str:
    """One name for all that arrives in the same mailbox: a tag behind a plus is none of it (RFC 5233), nor are dots at Gmail."""
    local, _, domain = normal(address).rpartition("@")
    local, domain = local.partition("+")[0], "gmail.com" if domain == "googlemail.com" else domain
    return f"{local.replace('.', '') if domain == 'gmail.com' else local}@{domain}"


def tidy_name(name: str, address: str) -> str:
    """A name worth keeping: one line, no quotes around it, and not the address again."""
    one_line = " ".join(name.split()).strip("\"'“”„‘’ ")[:200]
    return "" if not one_line or "@" in one_line or one_line.lower() == address else one_line
