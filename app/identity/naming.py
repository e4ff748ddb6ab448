"""What people and workspaces are called: read from forms, tidied, refused at their field."""

import re
from zoneinfo import available_timezones

from app.errors import Refused

LONGEST_NAME, LONGEST_ADDRESS = 200, 320
ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?=.{1,255}$)[^\s@<>(),;:\"\\\[\]_]+(?:\.[^\s@<>(),;:\"\\\[\]_]+)+")


def person_name(typed: str) -> str:
    name = one_line(typed)
    if not name:
        raise Refused("Type your name, as your contacts know it.", field="name")
    if len(name) > LONGEST_NAME:
        raise Refused("Use at most %(most)d characters.", field="name", most=LONGEST_NAME)
    return name


def workspace_name(typed: str) -> str:
    name = one_line(typed)
    if not name:
        raise Refused("Type a name, such as that of your company.", field="workspace")
    if len(name) > LONGEST_NAME:
        raise Refused("Use at most %(most)d characters.", field="workspace", most=LONGEST_NAME)
    return name


def email(typed: str) -> str:
    """An address to sign in with, lower case."""
    address = sign_in_name(typed)
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Refused("This is not a complete e-mail address. It looks like name@company.com.", field="email")
    return address


def sign_in_name(typed: str) -> str:
    """As we compare addresses."""
    return typed.replace("\0", "").strip().lower()


def time_zone(typed: str) -> str:
    if typed not in available_timezones():
        raise Refused("Choose a time zone from the list.", field="time_zone")
    return typed


def one_line(typed: str) -> str:
    return " ".join(typed.replace("\0", "").split())
