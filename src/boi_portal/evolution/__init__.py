"""Upgrade steps, one module each, registered in their order. Run by `boi upgrade`; a new portal begins with all of them done."""
