"""The grammar, the filling and the head of a message at their edges: what stands just inside, and just outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reachly.kit.mime import LINE
from reachly.services.rendering.errors import MessageTooLarge, TemplateError, UnresolvedField
from reachly.services.rendering.fill import LONG, MAX_FILLED, Run, show
from reachly.services.rendering.grammar import (
    MAX_FAULTS,
    MAX_SOURCE,
    MAX_TOKENS,
    Field,
    If,
    Spin,
    field_key,
    parse,
    tokenize,
)
from reachly.services.rendering.policy import build_message, compile_template, render, unresolved_fields
from reachly.services.rendering.schemas import FieldUse, TemplateSource, TrackedUrls
from tests.factories.messages import ENVELOPE, rendered


def source(body: str, subject: str = "S", **more: object) -> TemplateSource:
    return TemplateSource(subject, body, **{"unsubscribe_form": "none", **more})  # type: ignore[arg-type]


def text(body: str, values: dict[str, str] | None = None, seed: str = "s", **more: object) -> str:
    return render(compile_template(source(body, **more)), values or {}, seed=seed).text


def html(body: str, values: dict[str, str] | None = None) -> str:
    return str(render(compile_template(source(body)), values or {}, seed="s").html)


def faults(body: str, *, is_html: bool = False) -> list[tuple[int, str]]:
    try:
        parse(tokenize(body, "body", is_html=is_html), body, "body")
    except TemplateError as error:
        return [(fault.position, fault.message) for fault in error.faults]
    return []


def tree(body: str, *, is_html: bool = False) -> tuple[object, ...]:
    return parse(tokenize(body, "body", is_html=is_html), body, "body")


def test_a_source_is_as_long_and_as_deep_as_it_may_be() -> None:
    assert faults("x" * MAX_SOURCE) == []
    assert faults("x" * (MAX_SOURCE + 1)) == [(0, "Keep it under 200,000 characters.")]
    for opened, closed in (("{a|", "}"), ("{% if a %}", "{% endif %}"), ("{% if a %}{a|", "}{% endif %}")):
        many = 20 // opened.count("{")
        assert faults(opened * many + closed * many) == []
        assert faults((opened + closed) * 30) == []
        deep = faults(opened * (many + 1) + closed * (many + 1))
        assert deep[0][1] == "Groups can be nested 20 deep at most."
    assert faults("{% endif %}" * 3 + "{% if a %}" * 20) == [
        (0, "This {% endif %} has no {% if name %} before it.")
    ]
    assert tokenize("}" * 9 + "{" * 20, "body")
    with pytest.raises(TemplateError):
        tokenize("}" * 9 + "{" * 21, "body")


def test_tags_and_faults_are_counted() -> None:
    assert len(tokenize("{{ a }}" * MAX_TOKENS, "body")) == MAX_TOKENS == 5_000
    with pytest.raises(TemplateError) as caught:
        tokenize("{{ a }}" * (MAX_TOKENS + 1), "body")
    assert [(f.position, f.message) for f in caught.value.faults] == [
        (7 * MAX_TOKENS, "Use fewer than 5,000 tags and groups.")
    ]
    assert len(faults("{{ 1 }}" * 19)) == 19
    assert len(faults("{{ 1 }}" * 30)) == MAX_FAULTS == 20
    assert [token.number for token in tokenize("a{{ b }}c", "body")] == [0, 1, 2]
    assert [token.position for token in tokenize("a{{ b }}c", "body")] == [0, 1, 8]


@pytest.mark.parametrize(("name", "key"), [
    ("first_name", "first_name"), ("firstName", "first_name"), ("First Name", "first_name"),
    ("X-Axis 2D", "x_axis_2_d"),
    ("_First-Name_", "first_name"), ("line2Text", "line2_text"), ("ÄRA", "ära"), ("Xx--XX", "xx_xx"),
])  # fmt: skip
def test_the_second_spelling_of_a_name(name: str, key: str) -> None:
    assert field_key(name) == key


NOT_A_TAG = 'This is not a merge tag. Write {{ first_name }} or {{ first_name | fallback: "there" }}.'
NO_QUOTES = 'Write {{ a | fallback: "there" }}, with the text in quotes.'
ONE_FILTER = "Merge tags know only one filter, fallback. To vary words, use single braces: {Hi|Hello}."
ONLY_IF = "Only {% if name %}, {% else %} and {% endif %} are known, with one name and no comparisons."


@pytest.mark.parametrize(("body", "message"), [
    ("{{ 1a }}", NOT_A_TAG), ("{{ 1a | fallback }}", NOT_A_TAG), ("{{ }}", NOT_A_TAG), ("{{ a b! }}", NOT_A_TAG),
    ("{{ a | Fallback x }}", NO_QUOTES), ("{{ a | default: 'x' }}", NO_QUOTES), ("{{ a |'x' }}", NO_QUOTES),
    ('{{ a | "x" }}', NO_QUOTES), ("{{ a | “x” }}", NO_QUOTES), ("{{ a | upper }}", ONE_FILTER),
    ("{{ a | }}", NO_QUOTES), ("{{ a | fallback: }}", NO_QUOTES), ("{{ a | x | y }}", ONE_FILTER),
    ("{{ <b>a</b> }}", "There is formatting inside this merge tag. Put the formatting around it, not inside."),
    ("{% if not a %}", ONLY_IF), ("{% if NOT a %}", ONLY_IF), ("{% if a and b %}", ONLY_IF),
    ("{% if a or b %}", ONLY_IF), ("{% if %}", ONLY_IF), ("{% elseif %}", ONLY_IF), ("{% else if a %}", ONLY_IF),
    ("{% if a", "This {% is not closed. Write {% if name %}, {% else %} or {% endif %}."),
    ("{% if a %}x", "This {% if a %} has no {% endif %}."),
    ("{a|b", "This { is never closed. Close it with }, or write \\{ for a plain brace."),
    ("a}", "This } closes nothing. Write \\} for a plain brace."),
    ("{% if a %}}{% endif %}",
     "This } closes a group that was opened outside the {% if %}. Put {% endif %} before it."),
    ("{a|{% endif %}}", "Close the { group before this tag: a condition and a group cannot overlap."),
    ("{a|{% else %}}", "Close the { group before this tag: a condition and a group cannot overlap."),
    ("{% else %}", "This {% else %} has no {% if name %} before it."),
    ("{% if a %}{% else %}{% else %}{% endif %}", "This condition already has an {% else %}."),
    ("{ first name }", "Write {{ first name }} with two braces for a merge tag, or \\{first name\\} for plain braces."),
])  # fmt: skip
def test_each_fault_says_what_to_write(body: str, message: str) -> None:
    assert [said for _, said in faults(body)] == [message]


@pytest.mark.parametrize(("body", "nodes"), [
    (r"a\{b\|c\}d\e", (r"a{b|c}d\e",)), ("{x {{ a }}}", ("{x ", Field("a", "a", None), "}")), ("{x!}", ("{x!}",)),
    ("a | b", ("a | b",)), ("{}", ("{}",)), ("{a|}", (Spin(0, (("a",), ())),)),
    ("x{a|b{c|d}}", ("x", Spin(1, (("a",), ("b", Spin(5, (("c",), ("d",))))),))),
    ("{% if A b %}x{% endif %}", (If("A b", "a_b", ("x",), ()),)),
    ("{% if a %}x{% else %}y{% endif %}", (If("a", "a", ("x",), ("y",)),)),
    ("{% if android %}x{% endif %}", (If("android", "android", ("x",), ()),)),
    ('{{ a | fallback: "" }}', (Field("a", "a", ""),)), ("{{ a|fallback:'b\"c' }}", (Field("a", "a", 'b"c'),)),
    ("{{ a | fallback: „b“ }}", (Field("a", "a", "b"),)),
    ("{{\u00a0a\u00a0b\u00a0}}", (Field("a b", "a_b", None),)), ("{{&nbsp;a }}", ()),
    ("x\n  {% if a %}  \ny\n\t{% endif %}\nz", ("x\n", If("a", "a", ("y\n",), ()), "z")),
    ("x {% if a %}\ny{% endif %}", ("x ", If("a", "a", ("\ny",), ()))),
    ("{% if a %}\r\ny\r\n{% endif %}", (If("a", "a", ("y\r\n",), ()),)),
])  # fmt: skip
def test_the_tree_of_a_source(body: str, nodes: tuple[object, ...]) -> None:
    if nodes:
        assert tree(body) == nodes
    else:
        assert tree(body, is_html=True) == (Field("a", "a", None),)
        assert [said for _, said in faults(body)] == [NOT_A_TAG]


def test_in_html_a_condition_keeps_the_line_it_stands_on() -> None:
    assert tree("x\n{% if a %}\ny{% endif %}", is_html=True) == ("x\n", If("a", "a", ("\ny",), ()))


def test_a_long_value_is_measured_before_it_is_joined() -> None:
    class Huge(str):
        __slots__ = ()

        def __len__(self) -> int:
            return MAX_FILLED

    def run(*lengths: int) -> Run:
        made = Run({str(n): "x" * length for n, length in enumerate(lengths)}, "", ())
        for name in made.values:
            made.value(Field(name, name, None))
        return made

    assert LONG == 200
    assert [run(*lengths).is_long for lengths in ((), (LONG,), (LONG + 1,), (LONG + 1, 1), (1, LONG + 1))] == [
        False, False, True, True, True,
    ]  # fmt: skip
    huge = [(Huge("a"), b"a"), ("b", b"b")]
    assert show(huge, run(LONG)) == "ab"
    with pytest.raises(MessageTooLarge) as caught:
        show(huge, run(LONG + 1))
    assert caught.value.code == "message_too_large"
    assert show(huge[:1], run(LONG + 1)) == "a"
    for length, fits in ((MAX_FILLED, True), (MAX_FILLED + 1, False)):
        if fits:
            assert len(show([("x" * length, b"")], run())) == MAX_FILLED
        else:
            with pytest.raises(MessageTooLarge):
                show([("x" * length, b"")], run())


@pytest.mark.parametrize(("href", "values", "shown"), [
    ("tel:{{ phone }}", {"phone": "+49 30"}, "tel:+49%2030"),
    ("mailto:{{ mail }}", {"mail": "a+b@x.test"}, "mailto:a+b@x.test"),
    ("MAILTO:{{ mail }}", {"mail": "a@x.test"}, "MAILTO:a@x.test"),
    ('{{ a | fallback: "" }}{{ b | fallback: "" }}{{ site }}', {"site": "https://x.example/?a=1"},
     "https://x.example/?a=1"),
    ("https://x.example/{{ a }}{{ a }}", {"a": "@/"}, "https://x.example/%40%2F%40%2F"),
    ("https://x.example/{{ a }}", {"a": "X+@"}, "https://x.example/X%2B%40"),
    ("mailto:a@x.test?cc={{ a }}", {"a": "b@x.test"}, "mailto:a@x.test?cc=b@x.test"),
])  # fmt: skip
def test_an_address_in_html(href: str, values: dict[str, str], shown: str) -> None:
    assert f'href="{shown}"' in html(f"<p><a href='{href}'>x</a></p>", values)


@pytest.mark.parametrize(("href", "missing"), [
    ("{{{ a }}|{{ b }}}", ["a", "b"]), ("{% if a %}{{ b }}{% else %}{{ c }}{% endif %}", ["a", "b", "c"]),
    ("{x y|x z}", ["link"]), ("{{ a }}{{ b }}", ["a", "b"]),
])  # fmt: skip
def test_a_link_that_is_none_names_its_fields(href: str, missing: list[str]) -> None:
    compiled = compile_template(source(f'<p><a href="{href}">x</a></p>'))
    values = {"a": "no address", "b": "no address", "c": "no address"}
    with pytest.raises(UnresolvedField) as caught:
        render(compiled, values, seed="s")
    assert caught.value.fields == missing
    assert unresolved_fields(compiled, values) == missing


@pytest.mark.parametrize(("href", "good", "missing"), [
    ("{{{ a }}|{{ b }}}", "a", ["b"]), ("{{{ a }}|{{ b }}}", "b", ["a"]), ("{{{ a }}|{{ b }}}", "ab", []),
    ("{{{ a }}|{{{ b }}|{{ c }}}}", "ab", ["c"]), ("{{{ a }}|{{{ b }}|{{ c }}}}", "ac", ["b"]),
    ("{{{ a }}|{{ b }}}{/x|/y|/z}", "a", ["b"]), ("{{{ a }}|{{ b }}|{{ c }}}{/x|/y}", "ab", ["c"]),
    ("{% if a %}{{{ a }}|{{ b }}}{% else %}{{ c }}{% endif %}", "a", ["a", "b", "c"]),
    ("{% if d %}{{ a }}{% else %}{{{ a }}|{{ b }}|{{ c }}}{% endif %}", "ab", ["d", "a", "c"]),
    ("{% if d %}{{ a }}{% else %}{{{ a }}|{{ b }}|{{ c }}}{% endif %}", "abc", []),
    ("{% if a %}{{{ a }}|{{ b }}|{{ c }}}{% else %}{{ d }}{% endif %}", "abc", []),
])  # fmt: skip
def test_a_link_is_looked_at_with_every_option_whatever_the_seed_takes(
    href: str, good: str, missing: list[str]
) -> None:
    compiled = compile_template(source(f'<p><a href="{href}">x</a></p>'))
    values = {name: "x.example" if name in good else "none" for name in "abc"}
    assert unresolved_fields(compiled, values) == missing


def test_what_is_asked_for_under_the_opt_out_is_needed() -> None:
    compiled = compile_template(source("x {% if unsubscribe_url %}{{ a }}{% else %}{{ b }}{% endif %}"))
    assert unresolved_fields(compiled, {}) == ["a"]


def test_a_paragraph_of_the_opening_line_goes_with_it() -> None:
    assert text("Dear\n\n {{opening_line}}\t\n \n\nHello") == "Dear\n\nHello\n"
    assert text("Dear\n\n{{ opening_line }}\n\nHello", {"opening_line": "So."}) == "Dear\n\nSo.\n\nHello\n"
    assert text("Dear\n\n{{ opening_line }}\nHello") == "Dear\n\n\nHello\n"
    with pytest.raises(TemplateError) as caught:
        compile_template(source("{{ opening_line }}\n\nHello {{ 1 }}"))
    assert [fault.line for fault in caught.value.faults] == [3]


def test_in_html_the_opening_line_stays_where_it_stands() -> None:
    uses = compile_template(source("<p>x</p>\n{{ opening_line }}\n\n<p>y</p>")).uses
    assert uses == {FieldUse("opening_line", False, "body")}
    uses = compile_template(source("x\n{{ opening_line }}\n\ny")).uses
    assert uses == {FieldUse("opening_line", True, "body"), FieldUse("opening_line", False, "body")}


def test_control_characters_of_a_source_are_blanks_and_every_line_end_is_one() -> None:
    assert text("a\rb\r\nc\nd\x00e\x0bf\x1fg\x7fh\x9fi\ud800j\tk") == "a\nb\nc\nd e f g h i j\tk\n"
    assert rendered(source("x", subject="a\r\nb\x00c")).subject == "a b c"


def test_the_whole_document() -> None:
    made = rendered(TemplateSource("S", "Hi & <", preheader="Look & see", opt_out_text="No <more>"))
    assert made.html == (
        '<!DOCTYPE html>\n<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>\n'
        '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">Look &amp; see</div>\n'
        "<p>Hi &amp; &lt;</p>\n"
        '<div style="margin-top:24px;font-size:12px;line-height:18px;color:#6b7280">'
        '<a href="#unsubscribe" style="color:#6b7280">No &lt;more&gt;</a><br>\n'
        "1 Example Street<br>\nLondon</div>\n</body></html>\n"
    )
    assert made.text == "Hi & <\n\nNo <more>: #unsubscribe\n1 Example Street\nLondon\n"
    reply = rendered(TemplateSource("S", "Hi", unsubscribe_form="reply", opt_out_text='Say "no" <now>'))
    assert 'color:#6b7280">Say "no" &lt;now&gt;<br>\n1 Example' in str(reply.html)
    own = "Hi {{ unsubscribe_url }}, {{ postal_address }}"
    assert rendered(TemplateSource("S", own)).text == "Hi #unsubscribe, 1 Example Street\nLondon\n"
    assert "<div" not in str(rendered(TemplateSource("S", own)).html)


def test_a_subject_that_lacks_a_field_names_the_field_alone() -> None:
    with pytest.raises(UnresolvedField) as caught:
        render(compile_template(source("Hi", subject="{{ a }}")), {}, seed="s")
    assert caught.value.fields == ["a"]


def test_a_text_has_no_blank_ends_where_a_link_stands_there() -> None:
    empty = {"a": ""}
    assert text('https://x.example/a hello {{ a | fallback: "" }}', empty) == "https://x.example/a hello\n"
    assert text('{{ a | fallback: "" }} hello https://x.example/a', empty) == "hello https://x.example/a\n"
    assert text('https://x.example/a {{ a | fallback: "" }}', empty) == "https://x.example/a\n"
    assert text("a\n\n\n\nb") == "a\n\n\n\nb\n"
    folded = text("<p>a</p>{% if b %}<p>b</p>{% endif %}<p>https://x.example/c</p>")
    assert "\n\n\n" not in folded


def message_head(rendered_subject: str = "S", **envelope: object) -> str:
    made = rendered(source("Hi", subject=rendered_subject, unsubscribe_form="link"))
    raw = build_message(made, replace(ENVELOPE, **envelope), TrackedUrls(None, (), "https://r.example/u"))  # type: ignore[arg-type]
    return raw.partition(b"\r\n\r\n")[0].decode()


@pytest.mark.parametrize(("name", "of"), [
    ("From", lambda fill: {"from_name": "F" * (fill - len(" <grace@example.com>"))}),
    ("To", lambda fill: {"to_name": "T" * (fill - len(" <ada@example.org>"))}),
    ("Subject", lambda fill: {"rendered_subject": "s" * 40 + " " + "s" * (fill - 41)}),
    ("References", lambda fill: {"references": ("<a@example.org>", f"<{'b' * (fill - 30)}@example.org>")}),
    ("X-Team", lambda fill: {"extra_headers": (("X-Team", "s" * 40 + " " + "s" * (fill - 41)),)}),
])  # fmt: skip
def test_a_header_is_folded_behind_column_78(name: str, of: object) -> None:
    room = LINE - len(f"{name}: ")
    for fill in (room, room + 1):
        head = message_head(**of(fill)).split("\r\n")  # type: ignore[operator]
        at = next(at for at, line in enumerate(head) if line.startswith(f"{name}: "))
        assert head[at + 1].startswith(" ") is (fill > room), head[at]
        assert fill > room or len(head[at]) == LINE


def test_an_opt_out_names_the_addresses_that_there_are() -> None:
    assert "List-Unsubscribe" not in message_head(list_unsubscribe_url=None, list_unsubscribe_mailto=None)
    only = message_head(list_unsubscribe_url=None, list_unsubscribe_mailto="u@r.example")
    assert "\r\nList-Unsubscribe: <mailto:u@r.example>\r\nMIME-Version" in only
