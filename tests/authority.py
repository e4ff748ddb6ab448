"""A certificate authority of the tests' own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
PEM = serialization.Encoding.PEM


def made(folder: Path) -> Path:
    """The authority's certificate, and one for `localhost` beside it: `server.pem`, `server.key`; one of another authority: `stranger.pem`."""
    folder.mkdir(parents=True, exist_ok=True)
    key, stranger = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(authority(key).public_bytes(PEM))
    for name, signer in (("server", key), ("stranger", stranger)):
        own = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{name}.pem").write_bytes(server(own, signer).public_bytes(PEM))
        (folder / f"{name}.key").write_bytes(own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "ca.pem"


def called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def unsigned(subject: str, key: Key) -> x509.CertificateBuilder:
    issuer, serial, today = called("Nachfass tests"), x509.random_serial_number(), datetime.now(UTC)
    return x509.CertificateBuilder(issuer, called(subject), key.public_key(), serial, today - timedelta(days=1), today + timedelta(days=30))


def authority(key: Key) -> x509.Certificate:
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = unsigned("Nachfass tests", key).add_extension(x509.BasicConstraints(True, 0), True).add_extension(usage, True)
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False).sign(key, hashes.SHA256())


def server(key: Key, signer: Key) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = unsigned("localhost", key).add_extension(names, False).add_extension(x509.BasicConstraints(False, None), True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    return made.sign(signer, hashes.SHA256())
