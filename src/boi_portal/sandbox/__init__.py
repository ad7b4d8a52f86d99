"""A stand-in for the outside world, run as a process of its own: a signing application and a mailbox viewer.

For development and tests only. Shares no code with the portal, so that a signature made here is an independent check of the
portal's verification; the portal must never import this package.
"""
