"""What editors use on any content, on the page itself: toolbar, form, new content, order, workflow, versions, bin.

Owns pages and words; every change goes through `publishing.lifecycle`, every right comes from the object's access list.
"""


def includeme(config):
    config.include(".below")
    config.add_assets("editing", "boi_portal.editing:static")
    config.add_toolbar("boi_portal.editing.toolbar.panel")
    config.add_room("redakcja", "boi_portal.editing.newsroom.Newsroom")
