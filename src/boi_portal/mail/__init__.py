"""Letters to people: one template pair each, left as tasks, sent by the worker."""


def includeme(config):
    config.include(".letters")
