"""PDFs of the portal's own pages. Making one takes about a second: whoever offers a PDF to the world keeps the result."""


class PrintError(RuntimeError):
    """The PDF could not be made: our own HTML asked for something foreign."""


def pdf(html: str) -> bytes:
    """The PDF/UA of a whole HTML page, with the portal's print style; the page has a `lang` and a `title`.

    :raises PrintError: the page asks for anything but the portal's fonts.
    """
    # WeasyPrint takes 24 MB and a third of the start's time; a process that serves pages may never need it
    from .typesetting import typeset

    return typeset(html)
