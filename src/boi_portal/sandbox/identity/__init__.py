"""Stand-ins for the identity providers that a portal asks who somebody is: Węzeł Krajowy, another SAML 2.0 provider, OpenID Connect.

A process of its own (`boi-sandbox wezel`) and a site of its own. Written from the standards with lxml, xmlsec and cryptography, so
that what is proved here is not proved by the portal's own code. On demand it misbehaves in every way that `mischief` names.
"""
