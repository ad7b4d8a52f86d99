"""The management interface at /manage: Substance D's own, hardened, in Polish where people read it, for administrators.

Owns property sheets of content and the mending of the interface's faults; content changes go through `publishing.lifecycle`, and
what would go around it (copying, workflow and access lists by hand, adding content without its form) is closed.
"""


def includeme(config):
    config.add_translation_dirs("colander:locale", "deform:locale", "boi_portal.sdi:locale")
    config.override_asset("deform:static/css/form.css", "boi_portal.sdi:static/form.css")
    config.include(".mending")
    config.include(".closing")
    config.include(".sheets")
