"""Marker interfaces and reference types. Pickled by their path: never move or rename them."""

from zope.interface import Interface


class IContent(Interface):
    """An object that editors maintain: it has data, a state, versions."""


class ISite(IContent):
    """The portal's root."""


class IFolderish(IContent):
    """Content that holds content."""


class ICatalogOfCases(IFolderish):
    """The case catalog."""


class ICategory(IFolderish):
    """A category of the case catalog."""


class ICaseType(IContent):
    """A card of the case catalog."""


class IDepartments(IFolderish):
    """The folder of departments."""


class IDepartment(IContent):
    """An organisational unit of the office."""


class IForms(IFolderish):
    """The folder of e-forms."""


class IEForm(IContent):
    """An e-form's definition."""


class IPage(IContent):
    """A plain page."""


class IHelpPage(IPage):
    """A page of help."""


class INewsFolder(IFolderish):
    """The folder of news."""


class INews(IContent):
    """A news item."""


class IFiles(IFolderish):
    """The folder of files."""


class IFile(IContent):
    """A file with its title."""


class IRoom(Interface):
    """A place in the tree that is not content: my cases, the clerk's desk, account. Made anew for each request."""


class IPrivate(Interface):
    """A resource whose very existence is nobody else's business: who may not see it gets 404."""


class CaseTypeToDepartment(Interface):
    """Reference: card -> the department that handles it."""


class CaseTypeToEForm(Interface):
    """Reference: card -> the e-form it offers."""


class CaseTypeToFile(Interface):
    """Reference: card -> a file that it offers to download."""
