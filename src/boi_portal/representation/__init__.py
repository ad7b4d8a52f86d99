"""Acting for others: a firm's people, mandates, and the account that a request is about.

Owns who may act for whom, within what, and for whom a session acts now (`request.acting`, `request.applicant`). What is done in
somebody's name is the business of the packages above, which ask here.
"""


def includeme(config):
    config.include(".acting")
    config.include(".rooms")
    config.include(".choosing_views")
