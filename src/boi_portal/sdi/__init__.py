"""The management interface at /manage: Substance D's own, hardened, in Polish where people read it, for administrators.

Owns property sheets and the mending of the interface's faults; content changes go through `publishing.lifecycle`.
"""
