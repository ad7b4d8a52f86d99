"""E-forms: their definitions, field types, conditions and formulas, the public page, the printable blank, editing.

Owns what a form is and how answers are read. Drafts and filing are `submissions`' business: this package stores no
answers.
"""


def includeme(config):
    config.include(".fields")
    config.add_assets("eforms", "boi_portal.eforms:static")
