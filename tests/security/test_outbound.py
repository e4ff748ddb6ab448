"""Hosts a person can name: private networks stay out of reach, however they are written."""

import pytest

from app.errors import Refused
from app.security.outbound import public_host


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.1.20",
        "169.254.169.254",
        "0.0.0.0",
        "[::1]".strip("[]"),
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "224.0.0.1",
        "100.64.0.1",
        "2130706433",
        "0x7f.1",
    ],
)
async def test_a_private_host_is_refused(host: str) -> None:
    with pytest.raises(Refused) as refused:
        await public_host(host, field="server")

    assert refused.value.field == "server"


async def test_a_public_address_is_taken() -> None:
    assert await public_host("9.9.9.9") == ["9.9.9.9"]


@pytest.mark.parametrize("host", ["", "no such host", "a" * 300, "nobody.invalid"])
async def test_a_host_that_does_not_exist_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        await public_host(host)
