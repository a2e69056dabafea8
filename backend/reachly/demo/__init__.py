"""The product shown at work on the mail world: a fortnight in a minute, and the organization that `up` shows.

Nothing here is needed to run the product; it uses the API as a person would.
"""
