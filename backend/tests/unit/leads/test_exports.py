"""The headings under which other tools export who must not be written to, with their values."""

from __future__ import annotations

import pytest

from reachly.kit import csv
from reachly.services.leads.nothing import means_nothing
from reachly.services.leads.opting import read_suppression
from reachly.services.leads.policy import guess_mapping
from reachly.services.leads.service.rows import ReadRow, place_columns, read_rows

# Tool, heading, a value that suppresses, by which reason, a value that does not.
EXPORTS = [
    ("HubSpot", "Unsubscribed from all email", "true", "unsubscribed", "false"),
    ("HubSpot", "Email hard bounce reason", "UNKNOWN_USER", "bounced", ""),
    ("HubSpot", "Portal Unsubscribe", "TRUE", "unsubscribed", "FALSE"),
    ("HubSpot", "Portal Bounce", "TRUE", "bounced", "FALSE"),
    ("HubSpot", "Portal Spam Report", "TRUE", "complained", "FALSE"),
    ("HubSpot", "Global Bounce", "TRUE", "bounced", "FALSE"),
    ("Mailchimp", "UNSUB_TIME", "2024-03-01 10:00:00", "unsubscribed", ""),
    ("Mailchimp", "CLEAN_TIME", "2024-03-01 10:00:00", "bounced", ""),
    ("Salesforce", "Email Opt Out", "1", "unsubscribed", "0"),
    ("Salesforce", "HasOptedOutOfEmail", "true", "unsubscribed", "false"),
    ("Salesforce", "Email Bounced Reason", "550 5.1.1 no such user", "bounced", ""),
    ("Salesforce", "Email Bounced Date", "01/03/2024", "bounced", ""),
    ("Pipedrive", "Person - Marketing status", "Unsubscribed", "unsubscribed", "Subscribed"),
    ("Pipedrive", "Person - Marketing status", "Bounced", "bounced", "No consent"),
    ("ActiveCampaign", "Contact status", "Unsubscribed", "unsubscribed", "Active"),
    ("ActiveCampaign", "Unsubscribed date", "2024-03-01", "unsubscribed", ""),
    ("Brevo", "EMAIL_BLACKLISTED", "true", "unsubscribed", "false"),
    ("Klaviyo", "Email Marketing Consent", "UNSUBSCRIBED", "unsubscribed", "NEVER_SUBSCRIBED"),
    ("Klaviyo", "Email Suppressions", "[USER_SUPPRESSED]", "unsubscribed", "[]"),
    ("Klaviyo", "Email Suppressions", "[HARD_BOUNCE]", "bounced", ""),
    ("Instantly", "Lead Status", "Bounced", "bounced", "Completed"),
    ("Instantly", "Lead Status", "Unsubscribed", "unsubscribed", "Contacted"),
    ("Smartlead", "is_unsubscribed", "true", "unsubscribed", "false"),
    ("Smartlead", "is_bounced", "1", "bounced", "0"),
    ("Smartlead", "lead_category", "Do Not Contact", "unsubscribed", "Interested"),
    ("Lemlist", "hasUnsubscribed", "true", "unsubscribed", "false"),
    ("Apollo", "Email Bounced", "TRUE", "bounced", "FALSE"),
    ("Apollo", "Stage", "Do Not Contact", "unsubscribed", "Cold"),
    ("Apollo", "Email Status", "Invalid", "bounced", "Verified"),
    ("Woodpecker", "STATUS", "BLACKLISTED", "unsubscribed", "ACTIVE"),
    ("Woodpecker", "STATUS", "OPT-OUT", "unsubscribed", "REPLIED"),
    ("Reply", "OptedOut", "Yes", "unsubscribed", "No"),
    ("Reply", "Blacklisted", "Yes", "unsubscribed", "No"),
    ("Mailshake", "Unsubscribed", "Yes", "unsubscribed", "No"),
    ("Mailshake", "Bounced", "Yes", "bounced", "No"),
    ("Outreach", "Opted Out At", "2024-03-01T10:00:00Z", "unsubscribed", ""),
    ("Outreach", "Hard Bounced", "true", "bounced", "false"),
    ("Zoho", "Email Opt Out", "true", "unsubscribed", "false"),
    ("Zoho", "Unsubscribed Mode", "Consent form", "unsubscribed", ""),
    ("Zoho", "Unsubscribed Time", "2024-03-01 10:00", "unsubscribed", ""),
    ("SendGrid", "GLOBAL_UNSUBSCRIBE", "true", "unsubscribed", "false"),
    ("Constant Contact", "Email status", "Unsubscribed", "unsubscribed", "Active"),
    ("Constant Contact", "Email Opt-out Date", "03/01/2024", "unsubscribed", ""),
    ("Constant Contact", "Email permission status", "Unsubscribed", "unsubscribed", "Explicit"),
    ("a newsletter tool", "Subscribed", "0", "unsubscribed", "1"),
    ("a shop", "Accepts Marketing", "no", "unsubscribed", "yes"),
]


@pytest.mark.parametrize(("tool", "heading", "out", "reason", "harmless"), EXPORTS)
def test_the_headings_of_other_tools_are_understood(
    tool: str, heading: str, out: str, reason: str, harmless: str
) -> None:
    sample = [["a@example.com", out], ["b@example.com", harmless]]
    target = guess_mapping(["Email", heading], sample)[heading]
    assert target.startswith("suppress:"), tool
    assert (read_suppression(target, out), read_suppression(target, harmless)) == (reason, None)


@pytest.mark.parametrize(
    "heading",
    [
        "Opted out of email: Newsletter", "Unsubscribe link", "UNSUB_CAMPAIGN_TITLE", "Marketing emails bounced",
        "Email address quarantined", "Spam score", "Do not email before", "Bounce count", "Datum der Abmeldung",
        "Suppression list", "Blacklist reason", "Baja de correo",
    ],
)  # fmt: skip
def test_a_heading_that_speaks_of_it_is_never_a_custom_field(heading: str) -> None:
    assert guess_mapping(["Email", heading], [["a@example.com", "x"]])[heading] == ""


@pytest.mark.parametrize(
    "heading", ["Lead Status", "Status", "Stage", "Do Not Call", "Marketing contact status", "Notes"]
)
def test_a_column_about_something_else_stays_a_field(heading: str) -> None:
    target = guess_mapping(["Email", heading], [["a@example.com", "Open"], ["b@example.com", "New"]])[heading]
    assert target.startswith("custom:")


@pytest.mark.parametrize(
    ("target", "cell", "nothing"),
    [
        ("first_name", "#N/A", True), ("company", "#REF!", True), ("company", "#VALUE!", True),
        ("first_name", "NULL", True), ("position", "null", True), ("position", "None", True),
        ("custom:plan", "undefined", True), ("company", "N/A", True), ("company", "nan", True),
        ("company", "-", True), ("last_name", "NULL", True), ("last_name", "null", True),
        ("last_name", "Null", False), ("last_name", "None", False), ("first_name", "Nina", False),
        ("company", "Null GmbH", False), ("company", "A-N/A", False), ("position", "-1", False),
    ],
)  # fmt: skip
def test_what_means_nothing_is_empty_but_a_surname_is_a_surname(
    target: str, cell: str, nothing: bool
) -> None:
    assert means_nothing(target, cell) == nothing


def test_a_hole_that_looks_filled_is_a_hole() -> None:
    headers = ["email", "first_name", "company", "last_name"]
    mapping = guess_mapping(headers)
    cells = [["a@example.com", "#N/A", "-", "Null"], ["b@example.com", "undefined", "Acme", "NULL"]]
    rows = read_rows(place_columns(headers, mapping), [csv.Row(n, c) for n, c in enumerate(cells, 2)])
    read = [row for row in rows if isinstance(row, ReadRow)]
    assert [(r.fields["first_name"], r.fields["company"], r.fields["last_name"]) for r in read] == [
        ("", "", "Null"),
        ("", "Acme", ""),
    ]
