"""What demo and canary stand on: a sandbox in the place of the providers, and patience until a server is up."""

import secrets
import subprocess
import time
from pathlib import Path

import click
import httpx


def pretend_settings(var: Path, port: int, sandbox_port: int) -> dict[str, str]:
    """Settings with keys made anew, and with the sandbox in the place of the providers."""
    sandbox = f"http://localhost:{sandbox_port}"
    return {
        "NACHFASS_BASE_URL": f"http://localhost:{port}",
        "NACHFASS_TRACKING_URL": f"http://localhost:{port}",
        "NACHFASS_SECRET_KEYS": secrets.token_hex(32),
        "NACHFASS_VAR": str(var),
        "NACHFASS_TRUSTED_PROXIES": "127.0.0.1/32,::1/128",
        "NACHFASS_ROLE": "all",
        "NACHFASS_PRIVATE_PUSH_HOSTS": "127.0.0.1/32,::1/128",
        "GOOGLE_CLIENT_ID": "nachfass-demo.apps.example",
        "GOOGLE_CLIENT_SECRET": "google-demo-secret",
        "GOOGLE_AUTH_URL": f"{sandbox}/google/o/oauth2/v2/auth",
        "GOOGLE_TOKEN_URL": f"{sandbox}/google/token",
        "GOOGLE_REVOKE_URL": f"{sandbox}/google/revoke",
        "GOOGLE_API_URL": f"{sandbox}/google",
        "GOOGLE_CERTS_URL": f"{sandbox}/google/oauth2/v1/certs",
        "GOOGLE_IMAP": "off",
        "MICROSOFT_IMAP": "off",
        "GOOGLE_PUBSUB_TOPIC": "projects/sandbox/topics/nachfass",
        "GOOGLE_PUBSUB_SERVICE_ACCOUNT": "push@sandbox.iam.gserviceaccount.com",
        "NACHFASS_SANDBOX_PUSHES_TO": f"http://localhost:{port}/hooks/gmail",
        "MICROSOFT_CLIENT_ID": "6f0bd5f0-0000-4000-8000-000000000001",
        "MICROSOFT_CLIENT_SECRET": "microsoft-demo-secret",
        "MICROSOFT_LOGIN_URL": f"{sandbox}/microsoft",
        "MICROSOFT_GRAPH_URL": f"{sandbox}/microsoft/graph/v1.0",
    }


def wait_until_up(url: str, process: "subprocess.Popen[bytes] | None" = None, seconds: float = 60) -> None:
    """Until a server that is starting answers, or its process has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and (process is None or process.poll() is None):
        try:
            httpx.get(url, timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise click.ClickException(f"Nothing answers at {url}. The lines above say why. Is the port taken?")
