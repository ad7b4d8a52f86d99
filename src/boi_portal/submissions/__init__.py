"""What people file: drafts, the signed document, filing, receipts.

Owns the way from answers to a sealed receipt. What the office makes of it is `cases`' business: that package says who opens a case
(`config.set_case_opener`), and it happens in filing's own transaction.
"""


def includeme(config):
    config.include(".means")
    config.include(".filing_views")
    config.include(".receipt_views")
