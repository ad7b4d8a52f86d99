"""The office database: everything that people write, each record under a random key that no other request touches.

Owns where records lie, sequences, and the queue of work for the worker. Knows nothing of pages. The content database is
referred to by ids only, never by object.
"""


def includeme(config):
    config.include(".store")
    config.include(".tasks")
    config.include(".health")
    config.include(".vault")
