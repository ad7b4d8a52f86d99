"""Home page, help, news, plain pages, departments, files: content that is words."""


def includeme(config):
    """Everything here is found by scanning."""
