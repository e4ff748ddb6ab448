"""What the operator decides: read once from the environment and an optional `.env`, refused with a sentence when wrong."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SHORTEST_KEY = 32
HIGHEST_PORT = 65_535
LARGEST_POOL = 1_000
LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".test")


class WrongSetting(Exception):
    """A variable is missing or unusable; says which, why, and how it should look."""

    def __init__(self, variable: str, problem: str, example: str) -> None:
        super().__init__(f"{variable} {problem}. Example: {variable}={example}")
        self.variable = variable


@dataclass(frozen=True)
class Google:
    """The OAuth app of the Google Cloud project and where Google is (another address in the sandbox)."""

    client_id: str
    client_secret: str
    auth_url: str
    token_url: str
    revoke_url: str
    api_url: str
    certs_url: str
    pubsub_topic: str
    pubsub_account: str
    pubsub_audience: str
    imap: str
    smtp: str


@dataclass(frozen=True)
class Microsoft:
    """The app registration in Microsoft Entra and where Microsoft is (another address in the sandbox)."""

    client_id: str
    client_secret: str
    tenant: str
    login_url: str
    graph_url: str
    imap: str
    smtp: str


@dataclass(frozen=True)
class Settings:
    """Everything the operator decides."""

    database_url: str | None
    base_url: str
    tracking_url: str
    secret_keys: tuple[str, ...]
    host: str
    port: int
    var: Path
    metrics_token: str | None
    trusted_proxies: tuple[Network, ...]
    database_pool: int
    google: Google | None
    microsoft: Microsoft | None
    private_mail_hosts: tuple[Network, ...]
    mail_ca: Path | None
    private_push_hosts: tuple[Network, ...]

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read({**dotenv(Path(".env")), **os.environ})


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from variables; raises WrongSetting with a sentence for the operator."""
    base_url = address(environment, "NACHFASS_BASE_URL", "https://nachfass.example.com")
    return Settings(
        database_url=database(environment),
        base_url=base_url,
        tracking_url=address(environment, "NACHFASS_TRACKING_URL", "https://t.example.com", base_url),
        secret_keys=keys(environment),
        host=environment.get("NACHFASS_HOST", "127.0.0.1"),
        port=whole(environment, "NACHFASS_PORT", 8025, HIGHEST_PORT),
        var=Path(environment.get("NACHFASS_VAR", "var")),
        metrics_token=environment.get("NACHFASS_METRICS_TOKEN") or None,
        trusted_proxies=networks(environment, "NACHFASS_TRUSTED_PROXIES"),
        database_pool=whole(environment, "NACHFASS_DATABASE_POOL", 10, LARGEST_POOL),
        google=google(environment, base_url),
        microsoft=microsoft(environment),
        private_mail_hosts=networks(environment, "NACHFASS_PRIVATE_MAIL_HOSTS"),
        mail_ca=authority(environment, "NACHFASS_MAIL_CA"),
        private_push_hosts=networks(environment, "NACHFASS_PRIVATE_PUSH_HOSTS"),
    )


def dotenv(path: Path) -> dict[str, str]:
    """The lines `NAME=value` of a file; comments and blank lines are skipped, one pair of quotes is taken off."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.removeprefix("export ").partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): unquoted(value.strip()) for name, equals, value in pairs if equals}


def unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def address(environment: Mapping[str, str], variable: str, example: str, default: str | None = None) -> str:
    value = environment.get(variable) or default
    if not value:
        raise WrongSetting(variable, "is missing: the public address that people type into their browser", example)
    if not is_web(value):
        raise WrongSetting(variable, f"is “{value}”, which is not a web address", example)
    return value.rstrip("/")


def is_web(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_private(url: str) -> bool:
    """An address that other people can't open."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(LOCAL_NAMES) or "." not in host


def database(environment: Mapping[str, str]) -> str | None:
    value = environment.get("DATABASE_URL") or None
    if value and urlsplit(value).scheme not in ("postgres", "postgresql"):
        raise WrongSetting(
            "DATABASE_URL",
            "is not a PostgreSQL address (leave it out to use the embedded one)",
            "postgresql://nachfass:password@localhost/nachfass",
        )
    return value


def keys(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Newest first: the first seals and signs, the others still open what they sealed."""
    example = "$(openssl rand -hex 32)"
    found = tuple(part.strip() for part in environment.get("NACHFASS_SECRET_KEYS", "").split(",") if part.strip())
    if not found:
        raise WrongSetting("NACHFASS_SECRET_KEYS", "is missing: it seals tokens and signs links", example)
    if any(len(key) < SHORTEST_KEY for key in found):
        raise WrongSetting("NACHFASS_SECRET_KEYS", f"has a key shorter than {SHORTEST_KEY} characters", example)
    return found


def whole(environment: Mapping[str, str], variable: str, default: int, most: int) -> int:
    value = environment.get(variable) or str(default)
    if not value.isdecimal():
        raise WrongSetting(variable, f"is “{value}”, which is not a whole number", str(default))
    if not 1 <= int(value) <= most:
        raise WrongSetting(variable, f"is {value}, which is not between 1 and {most}", str(default))
    return int(value)


def networks(environment: Mapping[str, str], variable: str) -> tuple[Network, ...]:
    return tuple(network(variable, part.strip()) for part in environment.get(variable, "").split(",") if part.strip())


def network(variable: str, value: str) -> Network:
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise WrongSetting(variable, f"has “{value}”, which is not a network", "127.0.0.1/32,10.0.0.0/8") from None


def authority(environment: Mapping[str, str], variable: str) -> Path | None:
    """A file of certificates (PEM) that are trusted besides the system's."""
    value = environment.get(variable) or None
    if value and not Path(value).is_file():
        raise WrongSetting(variable, f"is “{value}”, and there is no such file", "/etc/ssl/own-ca.pem")
    return Path(value) if value else None


def google(environment: Mapping[str, str], base_url: str) -> Google | None:
    found = pair(environment, "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "1234-abc.apps.googleusercontent.com")
    return found and Google(
        *found,
        auth_url=environment.get("GOOGLE_AUTH_URL", "https://accounts.google.com/o/oauth2/v2/auth"),
        token_url=environment.get("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token"),
        revoke_url=environment.get("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke"),
        api_url=environment.get("GOOGLE_API_URL", "https://gmail.googleapis.com").rstrip("/"),
        certs_url=environment.get("GOOGLE_CERTS_URL", "https://www.googleapis.com/oauth2/v1/certs"),
        pubsub_topic=topic(environment),
        pubsub_account=environment.get("GOOGLE_PUBSUB_SERVICE_ACCOUNT", ""),
        pubsub_audience=environment.get("GOOGLE_PUBSUB_AUDIENCE") or f"{base_url}/hooks/gmail",
        imap=server(environment, "GOOGLE_IMAP", "imap.gmail.com:993"),
        smtp=server(environment, "GOOGLE_SMTP", "smtp.gmail.com:587"),
    )


def server(environment: Mapping[str, str], variable: str, default: str) -> str:
    """A mail server as `host:port`; nothing for `off`: then nobody is offered this way."""
    value = environment.get(variable) or default
    if value == "off":
        return ""
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdecimal() and 1 <= int(port) <= HIGHEST_PORT):
        raise WrongSetting(variable, f"is “{value}”, which is no server with a port", default)
    return value


def topic(environment: Mapping[str, str]) -> str:
    """The topic that Gmail publishes to; empty: Gmail is only polled. Without the account whose signature is believed it is worth nothing."""
    variable, account = "GOOGLE_PUBSUB_TOPIC", "GOOGLE_PUBSUB_SERVICE_ACCOUNT"
    value = environment.get(variable, "")
    if value and not re.fullmatch(r"projects/[^/]+/topics/[^/]+", value):
        raise WrongSetting(variable, f"is “{value}”, which is not a topic's full name", "projects/my-project/topics/gmail")
    if bool(value) != bool(environment.get(account)):
        raise WrongSetting(account if value else variable, "is missing although its partner is set", "push@my-project.iam.gserviceaccount.com")
    return value


def microsoft(environment: Mapping[str, str]) -> Microsoft | None:
    found = pair(environment, "MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET", "00000000-0000-0000-0000-000000000000")
    return found and Microsoft(
        *found,
        tenant=environment.get("MICROSOFT_TENANT", "common"),
        login_url=environment.get("MICROSOFT_LOGIN_URL", "https://login.microsoftonline.com").rstrip("/"),
        graph_url=environment.get("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0").rstrip("/"),
        imap=server(environment, "MICROSOFT_IMAP", "outlook.office365.com:993"),
        smtp=server(environment, "MICROSOFT_SMTP", "smtp.office365.com:587"),
    )


def pair(environment: Mapping[str, str], name: str, secret: str, example: str) -> tuple[str, str] | None:
    """A client id and its secret: both or neither."""
    values = environment.get(name, ""), environment.get(secret, "")
    if any(values) and not all(values):
        missing = name if not values[0] else secret
        raise WrongSetting(missing, "is missing although its partner is set", example)
    return values if all(values) else None
