"""Content that editors maintain: its fields, its states, its immutable versions, its bin.

Owns the life of a content object from draft to withdrawal. Knows nothing of pages or requests; what a card or an e-form *is*
stands in the feature packages.
"""


def includeme(config):
    config.include(".workflow")
    config.include(".revision")
    config.include(".indexing")
