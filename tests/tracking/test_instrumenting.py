import re
from html import escape
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tracking import tokens
from app.tracking.instrumenting import clean, disclosure, link_of, our_ways, plain_text, read
from app.tracking.markup import tags_of
from tests.tracking.letters import HARD

WORKSPACE, MESSAGE = uuid4(), uuid4()
PIXEL = re.compile(r'<img src="[^"]*/o/[\w-]{64}\.gif"[^>]*>')
DECOY = re.compile(r'<a href="[^"]*/c/[\w-]{64}\?to=[^"]*" aria-hidden="true" tabindex="-1" style="display:none"></a>')
SEALED = re.compile(r"https?://[^\s\"'<>]*/c/[\w-]{64}\?to=[^\s\"'<>]*")

fragments = st.sampled_from(
    [
        "<a href='https://a.example/?x=1&amp;y=2'>", '<A HREF = "http://b.example">', "<a href=https://c.example/x>", "<a title=\"x' href='https://e.example",
        "<area href='https://d.example' alt='Map'>", "<p title='a > b \" href=https://no.example'>", "</a>", "<a ", "<a href='", "href=", "/>",
        "<!--", "-->", "<!--[if mso]>", "<![endif]-->", "<![CDATA[", "]]>", "<!doctype html>", "<style>", "</style>", "<script>", "</script>",
        "<textarea>", "</body>", "</BODY >", "<", ">", '"', "'", "=", "\r\n", "ü", "&nbsp;",
    ]
)  # fmt: skip
letters = st.lists(st.one_of(fragments, st.text(max_size=8).filter(lambda text: text.isprintable())), max_size=40).map("".join)


def sent(html: str, **allowed: bool) -> str:
    return read(html).instrumented(WORKSPACE, MESSAGE, **{"opens": True, "clicks": True, "decoyed": True, **allowed})


@given(letters)
def test_every_octet_but_the_links_and_the_pixel_stays(html: str) -> None:
    letter = read(html)
    out = sent(html)
    pixels = PIXEL.findall(out)
    assert len(pixels) == 2
    assert len(set(pixels)) == 1
    assert len(DECOY.findall(out)) == bool(letter.links)
    back = DECOY.sub("", out.replace(pixels[0], ""))
    for number, link in enumerate(letter.links):
        assert tokens.is_web(link.url)
        back = back.replace(tokens.link_url(WORKSPACE, MESSAGE, number, link.url), html[link.start : link.end], 1)
    assert back == html


@given(letters)
def test_nothing_changes_where_nothing_may_be_tracked(html: str) -> None:
    assert sent(html, opens=False, clicks=False) == html


@given(letters)
def test_what_we_put_in_we_can_take_out(html: str) -> None:
    cleaned = clean(sent(html))
    assert not any(tag.name == "img" for tag in tags_of(cleaned))
    assert [link.url for link in read(cleaned).links] == [link.url for link in read(html).links]


@given(letters)
def test_without_the_decoy_every_other_octet_is_the_same(html: str) -> None:
    without = sent(html, decoyed=False)
    assert not DECOY.search(without)
    assert without == DECOY.sub("", sent(html))


@given(letters)
def test_where_links_are_not_tracked_there_is_no_decoy(html: str) -> None:
    assert sent(html, clicks=False) == sent(html, clicks=False, decoyed=False)


def test_the_decoy_is_for_programs_only_and_never_quoted() -> None:
    out = sent('<p><a href="https://a.example/">A</a></p>')
    (hidden,) = DECOY.findall(out)
    ((token, query),) = re.findall(r"/c/([\w-]{64})\?(to=[^\"]*)", hidden)
    found = tokens.open_link(token, query.encode())
    assert found is not None
    assert found[0].number == tokens.DECOY
    assert clean(out) == '<p><a href="https://a.example/">A</a></p>'


@given(st.text(alphabet=st.sampled_from("<>!-/='\" ahrefbody[]\n"), max_size=300))
def test_any_text_is_a_letter(html: str) -> None:
    assert sent(html, opens=False, clicks=False) == html
    plain_text(html)
    clean(html)


def test_a_hard_letter_keeps_everything_but_its_visible_links() -> None:
    out = DECOY.sub("", sent(HARD))
    assert [link.url for link in read(HARD).links] == [
        "https://brueckner.example/offer?hall=1&hall=3",
        "http://brueckner.example/unquoted",
        "https://brueckner.example/UPPER",
        "https://brueckner.example/not-mso",
        "https://brueckner.example/after-a-trap",
        "https://brueckner.example/logo",
        "https://brueckner.example/map",
    ]
    assert len(SEALED.findall(out)) == 7
    assert SEALED.sub("", PIXEL.sub("", out)) == without_links(HARD)
    assert out.rstrip().endswith("</html>")
    assert out.index("<body  bgcolor=#ffffff><img") > 0, "one stands where Gmail does not cut the mail off"
    assert out.rindex("/o/") > out.index("Signature")
    assert PIXEL.search(out[: out.rindex("</BODY>")])


def without_links(html: str) -> str:
    letter = read(html)
    return letter.joined([""] * len(letter.links), "")


@pytest.mark.parametrize(
    "link",
    [
        "<a href='mailto:anna@alpenblick.example'>x</a>",
        "<a href='tel:+4930'>x</a>",
        "<a href='#top'>x</a>",
        "<a href='/local'>x</a>",
        "<a href='https://x.example/unsubscribe?u=1'>x</a>",
        "<a href='https://x.example/u?1'>Vom Newsletter abmelden</a>",
        "<a href='https://x.example' data-nachfass=no-track>x</a>",
        "<!-- <a href='https://x.example'>x</a> -->",
        "<!--[if mso]><a href='https://x.example'>x</a><![endif]-->",
        "<style>a{content:\"<a href='https://x.example'>\"}</style>",
        "<script>'<a href=\"https://x.example\">'</script>",
        "<title><a href='https://x.example'></title>",
        "<textarea><a href='https://x.example'></textarea>",
        "<p title=\"<a href='https://x.example'>\">x</p>",
        "<link href='https://x.example'>",
        "<a xhref='https://x.example'>x</a>",
        "<a href=>x</a>",
        "<a href='https://x.example",
        "<a href='ftp://x.example'>x</a>",
    ],
)
def test_these_links_are_left_alone(link: str) -> None:
    assert sent(link, opens=False) == link


def test_links_know_the_words_they_stand_behind() -> None:
    letter = read("<a href='https://a.example'>The <b>calibration</b>\n service</a><a href='https://b.example'><img src=x alt='Our &amp; logo'></a>")
    assert [link.words for link in letter.links] == ["The calibration service", "Our & logo"]


def test_the_disclosure_stands_before_the_pixel_and_its_link_is_not_tracked() -> None:
    line = disclosure("We see when this mail is opened.", "Don't track me", tokens.opt_out_url(WORKSPACE, MESSAGE))
    out = read("<body><p>Hello</p></body>").instrumented(WORKSPACE, MESSAGE, opens=True, clicks=True, disclosure=line.html)
    assert out.index("/o/") < out.index("We see") < out.rindex("/o/") < out.index("</body>")
    assert "/t/" in out
    assert "/c/" not in out
    assert "/t/" in line.text


def test_the_text_part_says_what_the_letter_says() -> None:
    html = (
        "<head><title>T</title><style>p{}</style></head><p>Dear Anna,</p>"
        "<p>here is <a href='https://a.example/?x=1&amp;y=2'>the offer</a>.<br>Bye</p><ul><li>One</li><li>Two</li></ul>"
        "<a href='mailto:m@b.example'>m@b.example</a>"
    )
    text = plain_text(html)
    assert text == "Dear Anna,\n\nhere is the offer <https://a.example/?x=1&y=2>.\nBye\n\n- One\n\n- Two\n\nm@b.example\n"
    sealed = plain_text(html, read(html).sealed(WORKSPACE, MESSAGE))
    assert len(SEALED.findall(sealed)) == 1


def test_a_quotation_loses_our_pixel_even_behind_gmails_proxy_and_our_links_even_behind_a_gateway() -> None:
    pixel, link = tokens.pixel_url(WORKSPACE, MESSAGE), tokens.link_url(WORKSPACE, MESSAGE, 0, "https://a.example/?x=1&y=2")
    wrapped = "https://eur01.safelinks.protection.outlook.com/?url=" + tokens.quote(link, safe="") + "&amp;data=05"
    html = f"<p>Hi</p><img src='https://ci3.googleusercontent.com/meips/x#{pixel}'><a href='{wrapped}'>x</a><img src='https://a.example/logo.png'>"
    assert clean(html) == "<p>Hi</p><a href='https://a.example/?x=1&amp;y=2'>x</a><img src='https://a.example/logo.png'>"


def test_somebody_elses_pixels_and_links_are_not_ours_to_change() -> None:
    html = f"<img src='https://other.example/o/{'A' * 64}.gif'><a href='https://other.example/c/{'A' * 64}?to=https://b.example'>x</a>"
    assert clean(html) == html


@pytest.mark.parametrize(
    "nasty", ["<!--", "<a ", "<a href='", "<style>", "<![CDATA[", '="', "<a href=x ", "<a href='https://a.example'>", "</", "<!"]
)
def test_a_long_row_of_beginnings_is_read_in_one_go(nasty: str) -> None:
    read(nasty * 30_000)


@given(letters)
def test_passing_over_tags_in_runs_finds_the_same_links_and_the_same_end(html: str) -> None:
    links, ends = [], [len(html)]
    for tag in tags_of(html):
        links += link_of(html, tag, our_ways()) if tag.name in ("a", "area") else []
        ends += [tag.start] if tag.name == "/body" else []
    assert (read(html).links, read(html).end) == (tuple(links), ends[-1])


@given(st.lists(st.text(alphabet="aZ09-._~:/?#[]@!$&'()*+,;=% \"<>ü€\U0001f600", max_size=20), max_size=5))
def test_links_sealed_together_are_those_sealed_one_by_one(ends: list[str]) -> None:
    html = "".join(f'<a href="https://brueckner.example/{escape(end)}">x</a>' for end in ends)
    letter = read(html)
    assert letter.sealed(WORKSPACE, MESSAGE) == [tokens.link_url(WORKSPACE, MESSAGE, number, link.url) for number, link in enumerate(letter.links)]
