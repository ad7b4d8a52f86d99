"""Signing in by an eID such as profil zaufany: the pages around `identity`, which judges what an identity provider says.

Owns which account a proven person has, and the way from the provider back into a session. SAML itself is not known here.
"""


def includeme(config):
    config.add_assets("eid", "boi_portal.eid:static")
    config.include(".gateway")
    config.include(".rooms")
    config.include(".records")
    config.include(".logout")
    config.include(".watch")
    config.include(".ways")
