"""Accounts of applicants and employees: registration, activation, sign-in, one's own account.

Owns who a person of the portal is and how they prove it. What they file and see is the business of other packages.
"""


def includeme(config):
    config.add_assets("accounts", "boi_portal.accounts:static")
    config.include(".rooms")
    config.include(".menu")
    config.include(".reset")
    config.include(".management")
    config.include(".stepup")
    config.include(".views")
    config.include(".compulsory")
