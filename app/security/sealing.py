"""What must be kept but never read in a stolen dump: sealed with the operator's keys, one derived key for each purpose."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import OperatorNeeded
from app.settings import settings


def seal(secret: bytes, purpose: str) -> bytes:
    """Sealed with the newest key; only `unseal` with the same purpose opens it."""
    return box(settings().secret_keys, purpose).encrypt(secret)


def unseal(sealed: bytes, purpose: str) -> bytes:
    """What was sealed for this purpose, with any key that is still set."""
    try:
        return box(settings().secret_keys, purpose).decrypt(sealed)
    except InvalidToken:
        raise OperatorNeeded(
            "A secret kept in the database can't be opened: the key that sealed it is no longer in NACHFASS_SECRET_KEYS. "
            "It is kept. Put the old key back, behind the new one.",
            code="unsealable",
        ) from None


def resealed(sealed: bytes, purpose: str) -> bytes:
    """The same secret under the newest key, so that an old key can be retired."""
    return seal(unseal(sealed, purpose), purpose)


@lru_cache(64)
def box(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(derived(secret, f"seal {purpose}"))) for secret in secrets])


@lru_cache(256)
def derived(secret: str, purpose: str) -> bytes:
    """A key of 32 octets for one purpose (HKDF, RFC 5869): what leaks of one tells nothing about another."""
    return HKDF(SHA256(), 32, salt=None, info=b"nachfass " + purpose.encode()).derive(secret.encode())
