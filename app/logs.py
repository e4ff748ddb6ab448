"""The log: one line an event, as JSON, or readable on a terminal. What is secret or somebody's words never gets in."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(r"token|secret|password|authorization|cookie|code_verifier|raw|body|html|text", re.IGNORECASE)
SECRET_VALUES = re.compile(r"(?i)(bearer\s+|access_token=|refresh_token=|code=|client_secret=)[^\s&\"']+")
NOISY = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "apscheduler": logging.ERROR,
    "msal": logging.WARNING,
    "asyncio": logging.WARNING,
    "aioimaplib": logging.CRITICAL,
}

Event = MutableMapping[str, Any]


def start_logging() -> None:
    """Send structlog and the libraries' own loggers to stderr, through the redaction."""
    readable = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redacted,
    ]
    last = for_people() if readable else for_machines()
    structlog.configure(processors=[*shared, *last], logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=True)
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[strip, *last]))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name, level in NOISY.items():
        logging.getLogger(name).setLevel(level)


def for_people() -> list[Any]:
    """Plain tracebacks: the pretty ones print local variables, and with them secrets."""
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def for_machines() -> list[Any]:
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]


def redacted(_: object, __: str, event: Event) -> Event:
    """Values under telling names are dropped; tokens inside sentences are blacked out."""
    return {name: value if name == "event" and not isinstance(value, str) else clean(name, value) for name, value in event.items()}


def clean(name: str, value: Any) -> Any:
    if name != "event" and SECRET_NAMES.search(name):
        return "…"
    return SECRET_VALUES.sub(r"\1…", value) if isinstance(value, str) else value
