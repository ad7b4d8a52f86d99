"""Cases: what the office makes of what was filed. Stages, deadlines, my cases, the clerk's desk.

Owns the case's record, its numbers and its history. Knows of filing only what a submission says.
"""


def includeme(config):
    config.include(".desk")
    config.include(".resources")
    config.include(".people")
    config.include(".people_views")
    config.include(".trail")
    config.set_case_opener("boi_portal.cases.handling.open_case")
