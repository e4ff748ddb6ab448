"""Makes `app/tracking/data/network_ranges.tsv` anew: `python -m tests.networks FOLDER`, with the CSV files of @ip-location-db/asn in it.

Only the networks that our list names are taken (RouteViews and DB-IP, CC BY 4.0); neighbouring ranges of one owner are joined.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from app.tracking.networks import DATA, lines, slug

RANGES = DATA / "network_ranges.tsv"


def ranges(file: Path, roles: dict[str, str], version: int) -> Iterator[tuple[int, int, int, str]]:
    with file.open(encoding="utf-8") as source:
        for first, last, number, *_ in csv.reader(source):
            if number in roles:
                yield version, int(first), int(last), roles[number]


def joined(found: list[tuple[int, int, int, str]]) -> Iterator[tuple[int, int, int, str]]:
    at = None
    for version, first, last, role in sorted(found):
        if at and at[0] == version and at[3] == role and at[2] + 1 >= first:
            at = (version, at[1], max(last, at[2]), role)
            continue
        if at:
            yield at
        at = (version, first, last, role)
    if at:
        yield at


def main(folder: Path) -> None:
    roles = {line["value"]: slug(line["role"]) for line in lines() if line["kind"] == "asn"}
    found = [*ranges(folder / "asn-ipv4-num.csv", roles, 4), *ranges(folder / "asn-ipv6-num.csv", roles, 6)]
    with RANGES.open("w", encoding="utf-8") as file:
        for version, first, last, role in joined(found):
            print(version, f"{first:x}", f"{last - first:x}", role, sep="\t", file=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
