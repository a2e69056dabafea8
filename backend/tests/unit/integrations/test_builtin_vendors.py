from __future__ import annotations

import pytest

from reachly.integrations.ai.port import Tone
from reachly.integrations.ai.vendors.builtin import BuiltinWriter
from reachly.integrations.enricher.port import Fact, LeadFields
from reachly.integrations.enricher.vendors import places, roles
from reachly.integrations.enricher.vendors.builtin import BuiltinEnricher, company_of
from reachly.integrations.verifier.vendors.builtin import BuiltinVerifier

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("email", "flags"),
    [
        ("ada@example.com", ()),
        ("info@example.com", ("is_role",)),
        ("Sales+x@example.com", ("is_role",)),
        ("ada@gmail.com", ("is_free",)),
        ("ada@mailinator.com", ("is_disposable",)),
        ("ada@x.yopmail.com", ("is_disposable",)),
        ("informer@example.com", ()),
    ],
)
async def test_the_facts_of_an_address(email: str, flags: tuple[str, ...]) -> None:
    verdict = await BuiltinVerifier().verify(email)
    assert tuple(name for name in ("is_role", "is_free", "is_disposable") if getattr(verdict, name)) == flags


@pytest.mark.parametrize(
    ("email", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmai.com", "ada@gmail.com"),
        ("ada@gmaill.com", "ada@gmail.com"),
        ("ada@hotnail.com", "ada@hotmail.com"),
        ("ada@outlook.co", "ada@outlook.com"),
        ("ada@gmail.com", None),
        ("ada@email.com", None),
        ("ada@ymail.com", None),
        ("ada@example.com", None),
    ],
)
async def test_a_slip_in_a_well_known_domain_is_pointed_out(email: str, meant: str | None) -> None:
    assert (await BuiltinVerifier().verify(email)).suggestion == meant


@pytest.mark.parametrize(
    ("domain", "company"),
    [
        ("acme.com", "Acme"),
        ("acme-tools.co.uk", "Acme Tools"),
        ("ibm.com", "IBM"),
        ("xn--bcher-kva.example", "Bücher"),
        ("163.com", ""),
        ("xn--.com", ""),
    ],
)
def test_a_company_is_read_from_its_domain(domain: str, company: str) -> None:
    assert company_of(domain) == company


@pytest.mark.parametrize(
    ("title", "seniority", "department"),
    [
        ("VP Sales", "vp", "sales"),
        ("Vice President of Marketing", "vp", "marketing"),
        ("Co-Founder & CEO", "owner", None),
        ("CTO", "c_level", "engineering"),
        ("Chief Financial Officer", "c_level", "finance"),
        ("Managing Director", "c_level", None),
        ("Director of Engineering", "director", "engineering"),
        ("Head of People", "head", "human resources"),
        ("Leiterin Einkauf", "head", "operations"),
        ("Senior Software Engineer", "senior", "engineering"),
        ("Product Manager", "manager", "product"),
        ("Marketing Intern", "junior", "marketing"),
        ("IT Manager", "manager", "it"),
        ("Exhibition guide", None, None),
        ("Leadership coach", None, None),
        ("", None, None),
    ],
)
def test_a_title_tells_rank_and_field(title: str, seniority: str | None, department: str | None) -> None:
    assert (roles.seniority_of(title), roles.department_of(title)) == (seniority, department)


def test_countries_are_known_by_name_code_and_domain() -> None:
    spellings = ("Germany", "deutschland", "DE", " de ", "UK", "United Kingdom", "usa", "Atlantis", "")
    assert [places.country_code(s) for s in spellings] == [
        "DE",
        "DE",
        "DE",
        "DE",
        "GB",
        "GB",
        "US",
        None,
        None,
    ]
    domains = ("acme.de", "acme.co.uk", "acme.io", "acme.com", "acme.zz", "")
    assert [places.country_of_domain(d) for d in domains] == ["DE", "GB", None, None, None, None]
    assert places.only_timezone_of("FR") == "Europe/Paris"
    assert places.only_timezone_of("US") is None


async def test_facts_of_a_lead_with_nothing_but_an_address() -> None:
    facts = {
        f.name: (f.value, f.source)
        for f in await BuiltinEnricher().enrich(LeadFields("ada.byron@acme-tools.fr"))
    }
    assert facts == {
        "first_name": ("Ada", "email_local"),
        "last_name": ("Byron", "email_local"),
        "company_domain": ("acme-tools.fr", "email_domain"),
        "company": ("Acme Tools", "email_domain"),
        "country": ("FR", "email_domain"),
        "language": ("fr", "country"),
        "timezone": ("Europe/Paris", "country"),
    }


@pytest.mark.parametrize("email", ["ada@gmail.com", "customer.service@gmail.com", "x@outlook.com"])
async def test_free_mail_tells_nothing_about_a_company(email: str) -> None:
    assert [f.name for f in await BuiltinEnricher().enrich(LeadFields(email))] == []


async def test_the_country_on_the_lead_beats_the_domain() -> None:
    facts = {
        f.name: f
        for f in await BuiltinEnricher().enrich(LeadFields("a@acme.de", country="France", timezone="UTC"))
    }
    assert (facts["country"].value, facts["country"].source) == ("FR", "lead")
    assert facts["timezone"] == Fact("timezone", "UTC", "lead", 1.0)


COMPANY, POSITION = Fact("company", "Acme", "lead", 1.0), Fact("position", "Head of Sales", "lead", 1.0)


@pytest.mark.parametrize("tone", ["friendly", "formal", "direct"])
async def test_lines_vary_by_seed_and_use_the_richest_facts(tone: Tone) -> None:
    writer = BuiltinWriter()
    lines = {(await writer.opening_line([COMPANY, POSITION], tone, str(seed))).text for seed in range(60)}
    assert len(lines) == 3
    assert all("Acme" in line and "Head of Sales" in line for line in lines)
    department = [COMPANY, Fact("department", "sales", "position", 0.8)]
    assert "sales at Acme" in (await writer.opening_line(department, tone, "1")).text


@pytest.mark.parametrize(
    "value",
    [
        "{{first_name}}", "{a|b}", "<b>Acme</b>", "https://evil.test", "www.evil.test", "A\nB", "A\x00", "-", "N/A",
        "123", "", "x" * 61, "a@b.test", "\u202eemcA", "%s",
    ],
)  # fmt: skip
async def test_a_field_that_is_no_name_is_not_put_into_a_line(value: str) -> None:
    line = await BuiltinWriter().opening_line([Fact("company", value, "lead", 1.0)], "friendly", "1")
    assert line.is_fallback


async def test_the_most_trusted_fact_is_the_one_that_is_used() -> None:
    facts = [Fact("company", "Guess", "email_domain", 0.6), COMPANY, Fact("company", "Other", "x", 0.9)]
    assert "Acme" in (await BuiltinWriter().opening_line(facts, "direct", "1")).text
