"""A real Dovecot and a real Postfix on loopback, with folders and ports of their own; and somebody on the line who meddles."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.mailboxes.providers.mail_login import IMPLICIT, STARTTLS, MailLogin, Place

PASSWORD = "right-horse-bättery"
TOKEN_KEY = b"the key that signs access tokens in the tests"
DOMAINS = ("brueckner.example", "alpenblick.example")
NAMES = ("anna", *(f"miriam{number}" for number in range(1, 300)))
"""Who has a mailbox for Postfix; Dovecot opens one for anybody."""
FILED = "filed"
SENT_BY_ITSELF = f"{FILED}@{DOMAINS[0]} {FILED}/Maildir/\n{FILED}.sent@{DOMAINS[0]} {FILED}/Maildir/.Gesendete Objekte/\n"
"""Of this one the server files every sent mail by itself, as Gmail's and Outlook's do."""
DOVECOT, POSTFIX, MASTER = "/usr/sbin/dovecot", "/usr/sbin/postfix", "/usr/lib/postfix/sbin/master"
MISSING = "Debian's packages dovecot-imapd and postfix are not installed, or the tests do not run as root, which both need."

DOVECOT_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
auth_failure_delay = 0
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{ca}/server.pem
ssl_key = <{ca}/server.key
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/sandbox.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
  mailbox "Gesendete Objekte" {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {folder}/for-postfix {{
    mode = 0666
  }}
}}
"""
OAUTH2_CONF = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""
SANDBOX_CONF = """
tokeninfo_url = {sandbox}/control/tokens?token=
username_attribute = email
timeout_msecs = 5000
"""
"""Dovecot asks the sandbox whose token it is; nothing needs to run there as long as nobody comes with one."""
MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/for-postfix
smtpd_tls_cert_file = {ca}/server.pem
smtpd_tls_key_file = {ca}/server.key
smtpd_tls_auth_only = no
smtpd_sender_restrictions = check_sender_access regexp:{folder}/senders
smtpd_recipient_restrictions = check_recipient_access regexp:{folder}/recipients, permit_sasl_authenticated, reject
smtpd_delay_reject = no
message_size_limit = 3000000
virtual_mailbox_limit = 0
smtputf8_enable = no
sender_bcc_maps = texthash:{folder}/filed
"""
MASTER_CF = """
127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:{starttls} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:{bare} inet n - n - - smtpd -o smtpd_tls_security_level=none
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class PostOffice:
    """The servers. All have the same password; letters to `nobody@…` and `later@…` are refused."""

    folder: Path
    ca: Path
    imap: int
    tls: int
    starttls: int
    bare: int

    def login(self, name: str, imap: int = 0, smtp: Place | None = None, password: str = PASSWORD, token: str = "") -> MailLogin:
        address = name if "@" in name else f"{name}@brueckner.example"
        servers = Place("localhost", imap or self.imap), smtp or Place("localhost", self.tls)
        return MailLogin(address, "Miriam Kessler", address, "" if token else password, *servers, token=token)

    @property
    def with_starttls(self) -> Place:
        return Place("localhost", self.starttls, STARTTLS)

    def token(self, name: str, lives: int = 600) -> str:
        """An access token as an authorisation server would sign it (JWT, RFC 7519)."""
        head, body = {"alg": "HS256", "typ": "JWT", "kid": "default"}, {"sub": f"{name}@brueckner.example", "exp": int(time.time()) + lives}
        said = b".".join(unpadded(json.dumps(part).encode()) for part in (head, body))
        return (said + b"." + unpadded(hmac.digest(TOKEN_KEY, said, hashlib.sha256))).decode()

    def mails(self, name: str, folder: str = "") -> list[bytes]:
        """What lies in a mailbox, as the file system has it."""
        place = self.folder / "mail" / name / "Maildir" / folder
        found = [path for part in ("new", "cur") for path in (place / part).glob("*")]
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def renumber(self, name: str, folder: str = "") -> None:
        """Let Dovecot forget its numbers: UIDVALIDITY and all UIDs will be others."""
        place = self.folder / "mail" / name / "Maildir" / folder
        for path in place.glob("dovecot*"):
            if path.is_file():
                path.unlink()
        (place / "dovecot-uidlist").write_text(f"3 V{int(time.time()) + 1000} N100\n")
        shutil.chown(place / "dovecot-uidlist", "nobody", "nogroup")

    def deliver(self, name: str, mime: bytes, folder: str = "", at: float | None = None) -> None:
        """Put a mail into a folder, as a local delivery would."""
        place = self.folder / "mail" / name / "Maildir" / folder
        if not (place / "new").is_dir():
            self.make(place)
        path = place / "new" / f"{time.time_ns()}.tests.localhost"
        path.write_bytes(mime)
        shutil.chown(path, "nobody", "nogroup")
        if at is not None:
            os.utime(path, (at, at))

    def make(self, place: Path) -> None:
        for part in ("tmp", "new", "cur"):
            (place / part).mkdir(parents=True, exist_ok=True)
            shutil.chown(place / part, "nobody", "nogroup")
        for path in (place, *place.parents):
            if path == self.folder / "mail":
                return
            shutil.chown(path, "nobody", "nogroup")


def unpadded(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    """Both servers, started once."""
    if os.geteuid() or not all(Path(one).exists() for one in (DOVECOT, POSTFIX, MASTER)):
        if os.environ.get("NACHFASS_NO_SKIPS"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with running() as office:
        yield office


@contextmanager
def running() -> Iterator[PostOffice]:
    folder = Path(tempfile.mkdtemp(prefix="nachfass-post-"))
    folder.chmod(0o755)
    office = PostOffice(folder, Path(os.environ["NACHFASS_MAIL_CA"]).parent, *free_ports(4))
    write_down(office)
    dovecot = subprocess.Popen([DOVECOT, "-F", "-c", folder / "dovecot.conf"])
    subprocess.run([POSTFIX, "-c", folder, "check"], check=True, capture_output=True)
    postfix = subprocess.Popen([MASTER, "-c", folder, "-d"])
    try:
        for port in (office.imap, office.tls, office.starttls, office.bare):
            wait_for(port, (dovecot, postfix))
        yield office
    finally:
        for process in (postfix, dovecot):
            process.terminate()
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def write_down(office: PostOffice) -> None:
    nobody = pwd.getpwnam("nobody")
    facts = {**vars(office), "domains": " ".join(DOMAINS), "password": PASSWORD, "uid": nobody.pw_uid, "gid": nobody.pw_gid}
    for name in ("mail", "run", "state", "queue", "data", "keys/default/HS256"):
        (office.folder / name).mkdir(parents=True)
    (office.folder / "mail").chmod(0o777)
    shutil.chown(office.folder / "data", "postfix")
    texts = {
        "dovecot.conf": DOVECOT_CONF.format(**facts), "oauth2.conf": OAUTH2_CONF.format(**facts),
        "sandbox.conf": SANDBOX_CONF.format(sandbox=os.environ["GOOGLE_API_URL"].removesuffix("/google")), "main.cf": MAIN_CF.format(**facts),
        "master.cf": MASTER_CF.format(**facts),
        "mailboxes": "".join(f"{name}@{domain} {name}/Maildir/\n" for name in NAMES for domain in DOMAINS) + SENT_BY_ITSELF,
        "filed": f"{FILED}@{DOMAINS[0]} {FILED}.sent@{DOMAINS[0]}\n",
        "recipients": "/^later@/ 450 4.2.1 Not now\n", "senders": "/^boss@/ 553 5.7.1 Not your address\n",
        "keys/default/HS256/default": base64.b64encode(TOKEN_KEY).decode(),
    }  # fmt: skip
    for name, text in texts.items():
        (office.folder / name).write_text(text)


def free_ports(many: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(many)]
    try:
        return [int(one.getsockname()[1]) for one in taken]
    finally:
        for one in taken:
            one.close()


def wait_for(port: int, processes: "tuple[subprocess.Popen[bytes], ...]", seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any(process.poll() is not None for process in processes):
            raise RuntimeError("A mail server ended by itself.")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Nothing answered on port {port} for {seconds} s.")


Change = Callable[[bytes], bytes | None]
"""What becomes of octets that pass: others, or None to cut the line."""


@dataclass
class Meddler:
    """Somebody between Nachfass and a server, who speaks TLS to us and sees every word. Both changes may be replaced at any time."""

    port: int
    up: Change = field(default=lambda data: data)
    down: Change = field(default=lambda data: data)
    heard: bytearray = field(default_factory=bytearray)
    connections: int = 0

    def logins(self) -> int:
        return self.heard.count(b"AUTHENTICATE") + self.heard.count(b"LOGIN ") + self.heard.count(b"AUTH PLAIN")


@asynccontextmanager
async def meddling(to: int, ca: Path, *, tls: bool, certificate: str = "server", bare: bool = False) -> AsyncIterator[Meddler]:
    """`tls`: speak TLS to the server too. `bare`: no TLS towards us either."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca / f"{certificate}.pem", ca / f"{certificate}.key")
    towards = ssl.create_default_context(cafile=str(ca / "ca.pem")) if tls else None
    meddler = Meddler(0)
    tasks: set[asyncio.Task[None]] = set()

    async def pass_on(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[], Change], ends: list[asyncio.StreamWriter]
    ) -> None:
        try:
            while data := await reader.read(65536):
                changed = change()(data)
                if changed is None:
                    break
                writer.write(changed)
                await writer.drain()
        except (OSError, ssl.SSLError):
            pass
        finally:
            for end in ends:
                end.transport.abort()

    def up(data: bytes) -> bytes | None:
        meddler.heard.extend(data)
        return meddler.up(data)

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meddler.connections += 1
        name = "localhost" if towards else None
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", to, ssl=towards, server_hostname=name)
        ends = [writer, server_writer]
        for one in (pass_on(reader, server_writer, lambda: up, ends), pass_on(server_reader, writer, lambda: meddler.down, ends)):
            task = asyncio.create_task(one)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(between, "127.0.0.1", 0, ssl=None if bare else context)
    meddler.port = server.sockets[0].getsockname()[1]
    try:
        yield meddler
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ["IMPLICIT", "PASSWORD", "Meddler", "PostOffice", "meddling", "post_office"]
