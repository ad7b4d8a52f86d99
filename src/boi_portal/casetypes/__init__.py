"""The case catalog: categories and cards, browsed by category, department and name."""


def includeme(config):
    """Everything here is found by scanning."""
