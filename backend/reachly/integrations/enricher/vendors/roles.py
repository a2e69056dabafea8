"""What a job title says about rank and field; English, with the usual German, French and Spanish titles."""

from __future__ import annotations

import re


def _table(*rows: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)) for name, words in rows
    )


# The first that matches counts: a "Managing Director" is no manager, a "Vice President" no president.
_SENIORITY = _table(
    ("vp", r"s?vp|evp|vice[ -]president"),
    ("owner", r"(?:co-?)?founder|owner|inhaber(?:in)?|gründer(?:in)?|fondat(?:eur|rice)|fundador[a]?"),
    (
        "c_level",
        r"c[eftiomprd]o|chro|chief [\w ]+ officer|president|managing director|geschäftsführer(?:in)?|vorstand|pdg",
    ),
    ("director", r"director|directeur|directrice|direktor(?:in)?|directora"),
    ("head", r"head|leiter(?:in)?|responsable|jefe|jefa"),
    ("manager", r"manager(?:in)?|lead|supervisor|team ?leader|gerente"),
    ("junior", r"junior|intern|trainee|assistant|praktikant(?:in)?|werkstudent(?:in)?|stagiaire"),
    ("senior", r"senior|principal|staff|sr\.?"),
)  # fmt: skip
_DEPARTMENTS = _table(
    ("marketing", r"marketing|growth|brand|content|seo|communications?|cmo|kommunikation"),
    ("sales", r"sales|account executive|business development|revenue|vertrieb|ventas?|commercial|cro|bdr|sdr"),
    ("engineering", r"engineer(?:ing)?|develop(?:er|ment)|software|devops|architect|entwickl(?:er|erin|ung)|cto"),
    ("product", r"product|produkt|cpo"),
    ("finance", r"financ(?:e|ial)|accounting|accountant|controller|controlling|treasury|finanzen|cfo"),
    ("human resources", r"hr|human resources|people|talent|recruit(?:er|ing|ment)|personal(?:leiter|leiterin)?|chro"),
    ("operations", r"operations|logistics|supply chain|procurement|purchasing|einkauf|coo"),
    ("it", r"it|information technology|system ?admin(?:istrator)?|cio|ciso"),
    ("legal", r"legal|counsel|lawyer|compliance|recht|juridique"),
    ("design", r"design(?:er)?|ux|ui|creative"),
    ("customer support", r"support|customer (?:success|service|care)|kundenservice"),
    ("research", r"research|scientist|r&d|forschung"),
)  # fmt: skip


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], title: str) -> str | None:
    return next((name for name, pattern in table if pattern.search(title[:200])), None)


def seniority_of(title: str) -> str | None:
    return _first(_SENIORITY, title)


def department_of(title: str) -> str | None:
    return _first(_DEPARTMENTS, title)
