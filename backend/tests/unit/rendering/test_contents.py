"""What a template becomes: links, tracking, opt-out, clean HTML, plain text; lead data as words only."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from reachly.services.rendering.errors import MessageTooLarge, TemplateError, UnresolvedField, Unsendable
from reachly.services.rendering.policy import (
    CompiledTemplate,
    build_message,
    compile_template,
    render,
    unresolved_fields,
    with_subject,
)
from reachly.services.rendering.schemas import TemplateSource, TrackedUrls
from tests.factories.messages import ENVELOPE, HEADERS, LEAD, UNSUBSCRIBE, parsed, part, rendered, urls

TRACKED = (
    '<p>{x|y} <a href="https://x.example/a?b=1&amp;c={{ company }}">one</a> '
    '<a href="{{ website }}">two</a> <a href="mailto:grace@example.com">mail</a> <a href="tel:+49301">call</a> '
    '<a href="#top">top</a> <a href="{{ unsubscribe_url }}">stop</a> '
    '<a href="https://x.example/b">https://x.example/b</a></p>'
)


def test_only_web_links_are_tracked_and_both_parts_lead_to_the_same_place() -> None:
    source = TemplateSource("Hi", TRACKED, track_clicks=True)
    message = rendered(source, {"website": "www.example.net"})
    assert message.links == (
        "https://x.example/a?b=1&c=Lovelace%20%26%20Sons",
        "https://www.example.net",
        "https://x.example/b",
    )
    tracked = urls(message)
    read = parsed(build_message(message, ENVELOPE, tracked))
    anchors = LexborHTMLParser(part(read, "html")).css("a")
    c = tracked.click_urls
    assert [one.attributes["href"] for one in anchors] == [
        c[0],
        c[1],
        "mailto:grace@example.com",
        "tel:+49301",
        "#top",
        UNSUBSCRIBE,
        c[2],
    ]
    text = part(read, "plain")
    assert f"one ({c[0]}) two ({c[1]}) mail (grace@example.com) call top stop ({UNSUBSCRIBE}) {c[2]}" in text
    assert "x.example" not in text


def test_links_stay_plain_without_click_tracking() -> None:
    message = rendered(TemplateSource("Hi", TRACKED), {"website": "https://example.net/"})
    raw = build_message(message, ENVELOPE, urls(message))
    assert b"t.example" not in raw
    assert "https://example.net/" in part(parsed(raw), "plain")


def test_as_many_click_addresses_as_links_are_demanded() -> None:
    message = rendered(TemplateSource("Hi", "https://x.example", track_clicks=True))
    with pytest.raises(Unsendable, match="per link"):
        build_message(message, ENVELOPE, TrackedUrls(None, ("https://t/1", "https://t/2"), UNSUBSCRIBE))


@pytest.mark.parametrize(
    ("opens", "text_only", "pixels"), [(True, False, 1), (False, False, 0), (True, True, 0)]
)
def test_the_pixel_is_only_in_html_and_only_when_opens_are_tracked(
    opens: bool, text_only: bool, pixels: int
) -> None:
    message = rendered(TemplateSource("Hi", "Hello", track_opens=opens, text_only=text_only))
    raw = build_message(message, ENVELOPE, urls(message))
    assert raw.count(b"t.example/o/") == pixels
    if pixels:
        image = LexborHTMLParser(part(parsed(raw), "html")).css_first("img")
        assert image is not None
        assert image.attributes["src"] == "https://t.example/o/abc?x=1&y=2"


def test_the_content_hash_is_of_the_words_and_not_of_the_tokens() -> None:
    source = TemplateSource(
        "Hi", "Hello {{ first_name }} https://x.example", track_clicks=True, track_opens=True
    )
    assert rendered(source).content_hash == rendered(source).content_hash
    assert rendered(source).content_hash != rendered(source, {"first_name": "Bob"}).content_hash
    assert rendered(source).content_hash != with_subject(rendered(source), "Re: Hi").content_hash
    message = rendered(source)
    words = f"{message.subject}\0{message.text}\0{message.html}".encode()
    assert message.content_hash == hashlib.sha256(words).hexdigest()


@pytest.mark.parametrize("text_only", [False, True])
def test_the_opt_out_and_the_postal_address_are_in_every_part(text_only: bool) -> None:
    message = rendered(TemplateSource("Hi", "Hello", text_only=text_only, track_clicks=True))
    read = parsed(build_message(message, ENVELOPE, urls(message)))
    assert read["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>, <mailto:unsubscribe+abc@reach.example>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Unsubscribe: {UNSUBSCRIBE}\n1 Example Street\nLondon\n" in part(read, "plain")
    assert read.is_multipart() is not text_only
    if not text_only:
        assert f'href="{UNSUBSCRIBE}"' in part(read, "html")
        assert "1 Example Street<br>\nLondon" in part(read, "html")


def test_the_reply_form_asks_for_stop_and_has_no_list_headers() -> None:
    message = rendered(TemplateSource("Hi", "Hello", unsubscribe_form="reply"))
    read = parsed(build_message(message, replace(ENVELOPE, list_unsubscribe_url=None), None))
    assert "List-Unsubscribe" not in read
    assert "List-Unsubscribe-Post" not in read
    assert "reply with “stop”" in part(read, "plain")
    assert "reply with “stop”" in part(read, "html")


def test_a_campaign_message_without_an_unsubscribe_address_is_not_built() -> None:
    message = rendered(TemplateSource("Hi", "Hello"))
    with pytest.raises(Unsendable, match="unsubscribe"):
        build_message(message, replace(ENVELOPE, list_unsubscribe_url=None), None)


def test_own_opt_out_and_address_are_not_doubled_unless_they_may_be_missing() -> None:
    always = rendered(TemplateSource("Hi", "Hello\n{{ unsubscribe_url }}\n{{ postal_address }}"))
    assert always.text == "Hello\n#unsubscribe\n1 Example Street\nLondon\n"
    sometimes = rendered(
        TemplateSource("Hi", "{Hello|{{ unsubscribe_url }}}{% if company %}{{ unsubscribe_url }}{% endif %}")
    )
    assert "Unsubscribe: #unsubscribe" in sometimes.text


def test_mail_between_two_people_has_no_footer_and_no_list_headers() -> None:
    message = render(
        compile_template(TemplateSource("Re: Hi", "Hello", unsubscribe_form="none")), {}, seed=""
    )
    raw = build_message(message, replace(ENVELOPE, list_unsubscribe_url=None), None)
    assert parsed(raw).keys() == [name for name in HEADERS if not name.startswith("List")]
    assert message.text == "Hello\n"


HOSTILE_HTML = '<script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1)'


def test_lead_data_is_words_in_html_and_never_markup() -> None:
    body = '<p title="{{ company }}">{{ company }} <img src="https://x.example/{{ company }}" alt="{{ company }}"></p>'
    message = rendered(TemplateSource("Hi", body, preheader="{{ company }}"), {"company": HOSTILE_HTML})
    assert message.html is not None
    tree = LexborHTMLParser(message.html)
    assert tree.css("script") == []
    assert len(tree.css("img")) == 1
    paragraph = tree.css_first("p")
    assert paragraph is not None
    assert paragraph.attributes == {"title": HOSTILE_HTML}
    assert HOSTILE_HTML in paragraph.text()
    assert all(not name.startswith("on") for node in tree.css("*") for name in node.attributes)
    assert HOSTILE_HTML in message.text


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "//evil.example", "https:evil.example", "\\evil", "data:text/html,x", "ftp://x.example",
     "https://good.example@evil.example/", "nothing", "java\nscript:alert(1)", "https://"],
)  # fmt: skip
def test_a_lead_field_that_is_no_web_address_blocks_its_link(target: str) -> None:
    compiled = compile_template(TemplateSource("Hi", '<p><a href="{{ website }}">x</a></p>'))
    assert unresolved_fields(compiled, LEAD | {"website": target}) == ["website"]
    with pytest.raises(UnresolvedField, match="website"):
        render(compiled, LEAD | {"website": target}, seed="s")


def test_a_lead_field_inside_an_address_cannot_leave_its_place() -> None:
    source = TemplateSource("Hi", "https://x.example/{{ company }}?q={{ company }}")
    assert rendered(source, {"company": "../a?b#c&d=é"}).links == (
        "https://x.example/..%2Fa%3Fb%23c%26d%3D%C3%A9?q=..%2Fa%3Fb%23c%26d%3D%C3%A9",
    )


@pytest.mark.parametrize(
    ("href", "hint"),
    [
        ("www.example.com", "https://"),
        ("/path", "https://"),
        ("https://", "not a whole"),
        ("javascript:alert(1)", "not a whole"),
        ("data:text/html,x", "not a whole"),
        ("https://a@b.example/", "not a whole"),
        ("https://x.example/?u={{ unsubscribe_url }}", "whole address"),
    ],
)
def test_an_author_is_told_about_a_link_that_cannot_work(href: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(TemplateSource("Hi", f'<p>\n<a href="{href}">x</a></p>'))
    fault = caught.value.faults[0]
    assert hint in fault.message
    assert fault.line == 2


def test_an_authors_html_is_cleaned_and_its_styles_are_inlined() -> None:
    body = """<html><head><title>T</title><style>p.big{color:red} @import url(https://evil.example/x.css);</style></head>
    <body onload="x()"><!-- note {{ 1 }} --><p class="big" onclick="x()" style="position:fixed;margin:0">Hi</p>
    <script>evil({{ 2 }})</script><iframe src="https://evil.example"></iframe><form action="/x"><input></form>
    <a href="#x">fine</a><svg onload="x()"></svg><object data="x"></object></body></html>"""
    html = rendered(TemplateSource("Hi", body)).html
    assert html is not None
    assert 'style="color:red;margin:0"' in html or 'style="margin:0;color:red"' in html
    for word in (
        "script",
        "evil",
        "onload",
        "onclick",
        "iframe",
        "form",
        "input",
        "svg",
        "object",
        "note",
        "fixed",
    ):
        assert word not in html
    assert "<title" not in html


def test_conditions_may_hold_table_rows() -> None:
    body = (
        "<table>{% if company %}<tr><td>{{ company }}</td></tr>{% else %}<tr><td>nobody</td></tr>{% endif %}"
        "{<tr><td>a</td></tr>|<tr><td>b</td></tr>}</table>"
    )
    for company, expected in (("Acme", ["Acme"]), ("", ["nobody"])):
        html = rendered(TemplateSource("Hi", body), {"company": company}).html
        assert html is not None
        cells = [cell.text() for cell in LexborHTMLParser(html).css("table td")]
        assert cells[:-1] == expected
        assert cells[-1] in ("a", "b")
        assert "<!--" not in html


@pytest.mark.parametrize(
    "body",
    [
        "<table>{{ company }}<tr><td>x</td></tr></table>",
        '<p style="color: {{ company }}">x</p>',
        "<p>x</p><{{ company }}>",
        '<p {{ company }}="x">y</p>',
        '<a href="https://x.example/{a">b|c}</a>',
    ],
)
def test_tags_where_a_mail_cannot_show_them_are_refused(body: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(TemplateSource("Hi", body))


def test_text_is_derived_block_by_block() -> None:
    body = (
        "<h1>Title</h1><p>One   two<br>three &amp; four</p><ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>c</td><td>d</td></tr></table><div>e</div><div>f</div><p>{% if nope %}g{% endif %}</p><p>h</p>"
        '<div style="display:none">hidden</div><img src="https://x.example/i.png" alt="picture">'
    )
    text = rendered(TemplateSource("Hi", body, unsubscribe_form="none")).text
    assert text == "Title\n\nOne two\nthree & four\n\n- a\n- b\n\nc\nd\n\ne\nf\n\nh\n\npicture\n"


def test_plain_text_becomes_paragraphs_with_links() -> None:
    body = "Hi <you> & co,\nline two\n\nsee (https://x.example/a?b=1&c=2). Bye"
    message = rendered(TemplateSource("Hi", body, unsubscribe_form="none"))
    assert message.text == body + "\n"
    assert message.links == ("https://x.example/a?b=1&c=2",)
    assert message.html is not None
    tree = LexborHTMLParser(message.html)
    assert [p.text() for p in tree.css("p")] == [
        "Hi <you> & co,\nline two",
        "see (https://x.example/a?b=1&c=2). Bye",
    ]
    assert [a.attributes["href"] for a in tree.css("a")] == ["https://x.example/a?b=1&c=2"]


@pytest.mark.parametrize(
    ("signature", "html", "text"),
    [
        ("Grace\nExample Ltd <x>", "Grace<br>\nExample Ltd &lt;x&gt;", "Grace\nExample Ltd <x>"),
        ('<b onclick="x()">Grace</b><br><a href="https://g.example">me</a><script>x</script>',
         '<b>Grace</b><br><a href="https://g.example">me</a>', "Grace\nme (https://g.example)"),
    ],
)  # fmt: skip
def test_a_signature_may_be_text_or_html(signature: str, html: str, text: str) -> None:
    source = TemplateSource("Hi", "Hello\n\n{{ signature }}", unsubscribe_form="none", track_clicks=True)
    message = rendered(source, {"signature": signature})
    assert message.html is not None
    assert f"<p>{html}</p>" in message.html
    assert message.text == f"Hello\n\n{text}\n"
    assert message.links == ()


def test_conditions_that_leave_nothing_leave_no_blank_lines_in_derived_text() -> None:
    gone = "{% if nope %}<p>x {{ company }}</p>{% endif %}"
    body = f'{gone}<p>a</p>{gone}{gone}<p><a href="https://x.example">b</a></p>{gone}'
    source = TemplateSource("Hi", body, unsubscribe_form="none", track_clicks=True)
    message = rendered(source)
    assert message.text == "a\n\nb (https://x.example)\n"
    read = parsed(build_message(message, ENVELOPE, urls(message)))
    assert part(read, "plain") == "a\n\nb (https://t.example/c/0?x=1&y=2)\n"


def test_a_strict_rendering_stops_for_words_that_another_seed_would_take() -> None:
    compiled = compile_template(TemplateSource("Hi", "{a|b|c {{ city }}}"))
    free = next(seed for seed in "abcdefgh" if "c" not in _spun(compiled, seed))
    assert render(compiled, LEAD, seed=free).text
    with pytest.raises(UnresolvedField, match="city"):
        render(compiled, LEAD, seed=free, strict=True)
    assert render(compiled, LEAD | {"city": "Oslo"}, seed=free, strict=True).text


def _spun(compiled: CompiledTemplate, seed: str) -> str:
    return render(compiled, LEAD | {"city": "Oslo"}, seed=seed).text.splitlines()[0]


def test_the_preheader_is_hidden_in_html_and_not_in_the_text() -> None:
    message = rendered(TemplateSource("Hi", "Hello", preheader="Just {{ company }}"))
    assert message.html is not None
    assert "display:none" in message.html
    assert "Just Lovelace &amp; Sons</div>" in message.html
    assert "Just" not in message.text


def test_a_value_that_makes_the_message_huge_is_refused() -> None:
    compiled = compile_template(TemplateSource("Hi", "{{ company }}" * 1000))
    with pytest.raises(MessageTooLarge):
        render(compiled, LEAD | {"company": "x" * 100_000}, seed="s")
