"""Employees' accounts on plain pages: who works here, in which role and department, who is away and who stands in.

What an employee's account holds is `accounts.staff`; the same accounts can be seen in the management interface.
"""


def includeme(config):
    config.include(".rooms")
    config.include(".oidc")
