"""The catalogues hold exactly the sentences of the code: `python -m tests.catalogues` takes new ones in, `--check` compares."""

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app import errors

ROOT = Path(__file__).parents[1]
LANGUAGES = ("en", "de")
METHODS = [("app/**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do,jinja2.ext.i18n", "encoding": "utf-8", "silent": "false", "newstyle_gettext": "true"}}
ERRORS = [*(name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Told)), "TooOften", "PrivateHost"]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, **dict.fromkeys(ERRORS)}
SKIPPED = "templates/sandbox"
PROVIDERS_WORD = re.compile(r"\w*([a-z][A-Z]|_)\w*")


def wanted() -> Catalog:
    """Every sentence that the code or a template shows."""
    catalogue = Catalog()
    for name, line, message, comments, context in extract_from_dir(ROOT, METHODS, OPTIONS, KEYWORDS, directory_filter=visible):
        if not is_providers_word(name, message):
            catalogue.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    return catalogue


def is_providers_word(name: str, message: str | tuple[str, ...]) -> bool:
    """`invalid_rapt` and the like: compared inside the call of an error, never shown."""
    return name.endswith(".py") and isinstance(message, str) and PROVIDERS_WORD.fullmatch(message) is not None


def visible(folder: str) -> bool:
    relative = Path(folder).absolute().relative_to(ROOT).as_posix()
    return relative == "." or (relative.split("/")[0] in ("app", "templates") and not relative.startswith((SKIPPED, "app/sandbox")))


def path(language: str) -> Path:
    return ROOT / "app" / "locales" / language / "LC_MESSAGES" / "messages.po"


def held(language: str) -> Catalog:
    with path(language).open("rb") as source:
        return read_po(source, locale=language)


def ids(catalogue: Catalog) -> set[str]:
    return {str(message.id) for message in catalogue if message.id}


def take_in(language: str) -> None:
    """Add new sentences, drop those nobody shows; English says what the code says."""
    catalogue = held(language)
    made = catalogue.creation_date
    catalogue.update(wanted(), no_fuzzy_matching=True)
    catalogue.creation_date = made
    catalogue.obsolete.clear()
    for message in catalogue:
        if language == "en" and message.id:
            message.string = message.id
    with path(language).open("wb") as target:
        write_po(target, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)


def differences() -> list[str]:
    """What is missing in a catalogue, and what is there in vain."""
    code = ids(wanted())
    return [
        *(f"{language}: missing “{sentence}”" for language in LANGUAGES for sentence in sorted(code - ids(held(language)))),
        *(f"{language}: not in the code “{sentence}”" for language in LANGUAGES for sentence in sorted(ids(held(language)) - code)),
        *(
            f"{language}: untranslated “{message.id}”"
            for language in LANGUAGES
            for message in held(language)
            if message.id and not whole(message.string)
        ),
    ]


def whole(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def main() -> None:
    if "--check" in sys.argv:
        found = differences()
        sys.exit("\n".join([*found, f"{len(found)} differences. Run: make catalogues, then translate."]) if found else None)
    for language in LANGUAGES:
        take_in(language)


if __name__ == "__main__":
    main()
