"""A judge who does not know the product: a mail server with exact books, and what the books say about a campaign.

Standard library only; nothing of `reachly` or `mailworld` is imported (a test sees to it), so that no belief of ours
about mail stands on both sides. It meets the product as a stranger does: SMTP, maildirs, the REST API, processes.
"""
