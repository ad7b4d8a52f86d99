"""The one worker: does what requests leave behind (tasks, text indexing, clean-up), in a thread or in a process of its own.

Beside it the health page, which tells whether all that is done.
"""


def includeme(config):
    config.include(".health")
