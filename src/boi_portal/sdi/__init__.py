"""The management interface at /manage: Substance D's own, hardened, in Polish where people read it, for administrators.

Owns property sheets of content and the mending of the interface's faults; content changes go through `publishing.lifecycle`, and
what would go around it (copying, workflow and access lists by hand, adding content without its form) is closed.
"""

# Substance D's templates in whose place stand our own: one language, one h1, a name for each control, narrow windows
OWN_TEMPLATES = {
    "substanced.sdi.views:templates/": ("form.pt", "master.pt", "undo.pt"),
    "substanced.folder:templates/": ("contents.pt", "rename.pt"),
    "substanced.catalog.views:templates/": ("catalog.pt", "indexing.pt", "search.pt"),
    "substanced.objectmap:templates/": ("referenced.pt", "integrityerror.pt"),
    "substanced.db:templates/": ("db.pt",),
}


def includeme(config):
    config.add_translation_dirs("colander:locale", "deform:locale", "boi_portal.sdi:locale")
    config.override_asset("deform:static/css/form.css", "boi_portal.sdi:static/form.css")
    for folder, names in OWN_TEMPLATES.items():
        for name in names:
            config.override_asset(f"{folder}{name}", f"boi_portal.sdi:templates/{name}")
    config.add_assets("sdi", "boi_portal.sdi:static")
    config.include(".mending")
    config.include(".closing")
    config.include(".sheets")
