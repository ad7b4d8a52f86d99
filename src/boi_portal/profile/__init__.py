"""`/konto`: what people see and change of their own account, and the office's part in it.

Owns the pages of the own account's data. How one proves who one is (`accounts`), and what was filed (`submissions`, `cases`), is the
business of others.
"""


def includeme(config):
    config.include(".rooms")
    config.include(".email_change")
    config.include(".number_changes")
    config.include(".consent_gate")
    config.include(".idle")
    config.include(".merging")
    config.include(".export")
    config.include(".export_letters")
