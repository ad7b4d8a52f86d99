"""What every page shares: traversal into rooms, sessions, identity, request forgery and header rules, layout, forms, errors.

Owns the way of a request and the look of a page; knows nothing of cards, forms or cases.
"""


def includeme(config):
    config.include(".traversal")
    config.include(".sessions")
    config.include(".security")
    config.include(".bodies")
    config.include(".headers")
    config.include(".pagecache")
    config.include(".layout")
    config.include(".forms")
    config.include(".errors")
