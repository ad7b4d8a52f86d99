"""Content types that are words: folders, pages, help, news, departments, files."""

from __future__ import annotations

from typing import Any

import colander
from substanced.content import content
from ZODB.blob import Blob
from zope.interface import implementer

from .. import interfaces
from ..publishing import schema
from ..publishing.content import Content, FolderContent


class DepartmentSchema(schema.BodySchema):
    """A department's fields."""

    code = schema.text(
        "Symbol komórki",
        max_length=12,
        validator=colander.Regex(
            r"[A-Z0-9-]+\Z", msg="Wielkie litery bez polskich znaków, cyfry i łącznik, na przykład SO"
        ),
    )
    room = schema.text("Pokój", required=False)
    floor = schema.text("Piętro", required=False)
    phone = schema.text("Telefon", required=False, max_length=30)
    email = schema.text(
        "E-mail",
        required=False,
        max_length=120,
        validator=colander.Email(msg="Podaj adres e-mail, na przykład so@gmina.pl"),
    )
    head = schema.text("Stanowisko kierujące", required=False)
    hours = schema.rows("Godziny przyjęć", schema.HoursRow(name="hours_row", title="Godziny"))


class NewsSchema(schema.BodySchema):
    """A news item's fields."""

    date = schema.iso_date("Data")


class FileSchema(schema.ContentSchema):
    """A file's fields; the file itself is a blob beside them."""

    description = schema.long_text("Opis", max_length=1000)


@content("Folder Page", icon="glyphicon glyphicon-folder-open")
class FolderPage(FolderContent):
    """A folder with an introduction."""

    schema = schema.BodySchema
    type_name = "folder"
    label = "Folder"
    addable = ("page", "help", "folder")


@content("Page", icon="glyphicon glyphicon-file")
@implementer(interfaces.IPage)
class Page(Content):
    """A plain page."""

    schema = schema.BodySchema
    type_name = "page"
    label = "Strona"


@content("Help Page", icon="glyphicon glyphicon-question-sign")
@implementer(interfaces.IHelpPage)
class HelpPage(Content):
    """A page of help."""

    schema = schema.BodySchema
    type_name = "help"
    label = "Strona pomocy"


@content("News Folder", icon="glyphicon glyphicon-bullhorn")
@implementer(interfaces.INewsFolder)
class NewsFolder(FolderContent):
    """The folder of news."""

    schema = schema.BodySchema
    type_name = "news-folder"
    label = "Aktualności"
    addable = ("news",)


@content("News", icon="glyphicon glyphicon-comment")
@implementer(interfaces.INews)
class News(Content):
    """A news item."""

    schema = NewsSchema
    type_name = "news"
    label = "Aktualność"


@content("Departments", icon="glyphicon glyphicon-briefcase")
@implementer(interfaces.IDepartments)
class Departments(FolderContent):
    """The folder of departments."""

    schema = schema.BodySchema
    type_name = "departments"
    label = "Wydziały"
    addable = ("department",)


@content("Department", icon="glyphicon glyphicon-briefcase")
@implementer(interfaces.IDepartment)
class Department(Content):
    """An organisational unit of the office. Its name is what cards and clerks refer to."""

    schema = DepartmentSchema
    type_name = "department"
    label = "Wydział"


@content("Files", icon="glyphicon glyphicon-folder-close")
@implementer(interfaces.IFiles)
class Files(FolderContent):
    """The folder of files."""

    schema = schema.BodySchema
    type_name = "files"
    label = "Pliki"
    addable = ("file",)


@content("Office File", icon="glyphicon glyphicon-download-alt")
@implementer(interfaces.IFile)
class File(Content):
    """A file to download. Always served with `nosniff`; only pictures and PDFs of the office are shown in place."""

    schema = FileSchema
    type_name = "file"
    label = "Plik"

    media_type = "application/octet-stream"
    size = 0  # bytes
    sha256 = ""
    blob: Blob | None = None

    def store(self, data: bytes, media_type: str, sha256: str) -> None:
        """Put the file's bytes in a new blob."""
        blob = Blob()
        with blob.open("w") as out:
            out.write(data)
        self.blob = blob
        self.media_type = media_type
        self.size = len(data)
        self.sha256 = sha256

    def read(self) -> bytes:
        """The file's bytes; readable after the commit that stored them."""
        if self.blob is None:
            return b""
        with self.blob.open("r") as stream:
            data: Any = stream.read()
        return bytes(data)
