"""What the demo organization is called, whom it writes to, and what it says. Everything is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ORGANIZATION = "Brightfjord"
EMAIL = "demo@brightfjord.example"
PERSON = "Mira Sol"
POSTAL_ADDRESS = "Brightfjord AS, Havnegata 4, 0150 Oslo, Norway"
PRODUCT = "https://www.brightfjord.example"
FIRST_MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE_HOURS: dict[str, Any] = {
    "timezone": "Europe/Oslo",
    "windows": {day: [["09:00", "17:00"]] for day in WORKDAYS},
}
ALL_HOURS: dict[str, Any] = {
    "timezone": "UTC",
    "windows": {day: [["00:00", "24:00"]] for day in (*WORKDAYS, "sat", "sun")},
}
FOOTER = "\n\nBest regards,\n{{ sender_name }}"


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of the mail world and the limits it is given."""

    address: str
    name: str
    daily_limit: int = 100
    gap: int = 240
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class StepText:
    """One step; the delay counts from the step before."""

    body: str
    subject: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A campaign: what the user types into the editor."""

    name: str
    boxes: tuple[Box, ...]
    steps: tuple[StepText, ...]
    schedule: dict[str, Any] = field(default_factory=lambda: OFFICE_HOURS)
    daily_cap: int | None = None
    new_leads_cap: int | None = None


OFFICE = (
    Box("mira@brightfjord.example", "Mira Sol"),
    Box("jonas@brightfjord.example", "Jonas Vik"),
    Box("lea@brightfjord.example", "Lea Brandt"),
)
STUDIO = Box("studio@brightfjord.example", "Brightfjord Studio", daily_limit=2_000, gap=5)

SPRING = Story(
    name="Spring outreach",
    boxes=OFFICE,
    steps=(
        StepText(
            subject='{Quick question|A question} for {{ company | fallback: "your team" }}',
            body=(
                '{Hi|Hello} {{ first_name | fallback: "there" }},\n\n{{ opening_line }}\n\n'
                "We help {% if company %}teams like {{ company }}{% else %}small teams{% endif %} plan their"
                f" deliveries without spreadsheets. Two minutes of video say it better than I can: {PRODUCT}/tour"
                "\n\nWould it be worth a short call?" + FOOTER
            ),
        ),
        StepText(
            days=3,
            body=(
                '{Hi|Hello again} {{ first_name | fallback: "there" }},\n\nI know how quickly a message sinks in an'
                f" inbox. Here is one page on how it works: {PRODUCT}/how\n\nIf somebody else looks after this, a"
                " name would already help me." + FOOTER
            ),
        ),
        StepText(
            days=4,
            body=(
                'Hi {{ first_name | fallback: "there" }},\n\nthis is my last note. If planning ever becomes a topic,'
                f" here is where to find us: {PRODUCT}/start\n\nI wish you a good week." + FOOTER
            ),
        ),
    ),
)
LIVE = Story(
    name="Live: new sign-ups",
    boxes=(STUDIO,),
    schedule=ALL_HOURS,
    daily_cap=2_000,
    steps=(
        StepText(
            subject='Welcome, {{ first_name | fallback: "and one question" }}',
            body=(
                'Hi {{ first_name | fallback: "there" }},\n\n{{ opening_line }}\n\nWhat made you look at us? Here'
                f" is a tour of two minutes: {PRODUCT}/tour" + FOOTER
            ),
        ),
        StepText(
            days=2,
            body='Hi {{ first_name | fallback: "there" }},\n\ndid the tour help? A short answer is enough.'
            + FOOTER,
        ),
    ),
)
