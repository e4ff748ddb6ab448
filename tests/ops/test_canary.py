"""The canary does the main job on both providers, tells how long each step took, and fails when a step does."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from app import canary
from app.sandbox.devices import IPHONE

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_one_round_of_the_main_job_passes_on_both_providers() -> None:
    command = [sys.executable, "-m", "app.cli", "canary", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step passed." in done.stdout
    for step in canary.STEPS:
        assert any(line.startswith(step) and "–" not in line for line in done.stdout.splitlines()), done.stdout


def test_a_canary_that_reaches_nobody_falls_over(capsys: pytest.CaptureFixture[str]) -> None:
    code = canary.main(Console(width=200), 1, "http://127.0.0.1:1", "http://127.0.0.1:1")

    assert code == 1
    assert "before the first step" in capsys.readouterr().out


def test_percentiles_of_one_and_of_many_rounds() -> None:
    assert canary.percentile([0.4], 95) == 0.4
    assert canary.percentile([float(number) for number in range(1, 102)], 95) == 96
    assert canary.percentile([1.0, 2.0, 3.0], 50) == 2


def test_a_row_of_the_feed_is_known_by_its_mark_and_its_mail() -> None:
    row = '<ol><li class="event new" id="x"><svg class="ticks opened "></svg><q>Canary 1</q><div class="side-info">waits</div></li></ol>'

    assert canary.says(row, "opened", "Canary 1")
    assert not canary.says(row, "clicked", "Canary 1")
    assert not canary.says(row, "opened", "Canary 2")


def test_no_three_of_the_people_it_writes_to_share_an_address() -> None:
    """Mail to three companies touched from one address within minutes is a gateway's doing, and rightly taken for that."""
    addresses = Counter(IPHONE.opens.place(f"anna@gmail-{number}.example") for number in range(500))

    assert max(addresses.values()) < 3
