"""The portal's root object and what every portal has from its first second: object map, catalogs, principals, bin, versions."""

from __future__ import annotations

from typing import Any

from BTrees import family64
from BTrees.OOBTree import OOBTree
from pyramid_zodbconn import get_connection
from substanced.content import content
from substanced.evolution import FINISHED_KEY, mark_unfinished_as_finished
from substanced.objectmap import ObjectMap
from substanced.root import Root
from zope.interface import implementer

from .. import permissions
from ..interfaces import ISite
from .content import FolderContent
from .lifecycle import BIN
from .schema import SiteSchema
from .versions import VersionStore
from .workflow import enter_state

ROOT_KEY = "app_root"


class SiteMissing(RuntimeError):
    """The database holds no portal yet."""


@content("Root", icon="glyphicon glyphicon-home", after_create="after_create")
@implementer(ISite)
class Site(FolderContent, Root):
    """The portal. Its fields are the town's data: name, address, accounts, accent colour."""

    schema = SiteSchema
    type_name = "portal"
    label = "Portal"
    addable = ("folder", "page", "files")
    sdi_title = "Portal BOI"

    def after_create(self, inst: Any, registry: Any) -> None:
        """Make what hangs on the root. Called by Substance D's content registry."""
        self.versions = VersionStore()
        self.redirects = OOBTree()  # old path -> object id
        self.__objectmap__ = ObjectMap(self)
        self.__objectmap__.add(self, ("",))
        catalogs = registry.content.create("Catalogs")
        self.add_service("catalogs", catalogs, registry=registry)
        catalogs.add_catalog("system")
        principals = registry.content.create("Principals")
        self.add_service("principals", principals, registry=registry)
        for name, title in permissions.ROLES.items():
            principals.add_group(name, title, registry=registry)
        locks = registry.content.create("Lock Service")
        self.add_service("locks", locks, registry=registry)
        for service in (catalogs, principals, locks):
            service.__sdi_deletable__ = False
        enter_state(self, "published")
        bin_ = registry.content.create("Bin", {"title": "Kosz"})
        self.add(BIN, bin_, registry=registry)
        enter_state(bin_, "draft")
        catalogs.add_catalog("boi")


@content("Bin", icon="glyphicon glyphicon-trash")
class Bin(FolderContent):
    """Where deleted content lies."""

    schema = SiteSchema
    type_name = "bin"
    label = "Kosz"


def root_factory(request: Any) -> Site:
    """The root of traversal.

    :raises SiteMissing: no portal was made yet; `boi content load` makes it.
    """
    root = get_connection(request).root()
    if ROOT_KEY not in root:
        raise SiteMissing("The database holds no portal. Run: boi content load")
    site: Site = root[ROOT_KEY]
    return site


def make_site(connection: Any, registry: Any) -> Site:
    """Make the portal's root in an empty content database, in the current transaction."""
    root = connection.root()
    if ROOT_KEY in root:
        site: Site = root[ROOT_KEY]
        return site
    site = registry.content.create("Root")
    root[ROOT_KEY] = site
    connection.add(site)
    root[FINISHED_KEY] = family64.OO.BTree()  # where it is missing, Substance D commits
    mark_unfinished_as_finished(site, registry, None)
    return site
