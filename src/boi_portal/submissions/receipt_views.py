"""`/poswiadczenie`: anybody who was shown a receipt can check whether it is ours and intact. Keeps nothing."""

from __future__ import annotations

import logging
from typing import Any

from pyramid.view import view_config, view_defaults

from .. import permissions
from ..signing import SealKeyError
from ..web.formfields import FormError
from ..web.traversal import Room
from . import downloads, receipts
from .receipts import ReceiptRefused

logger = logging.getLogger(__name__)

FIELD = "upp"
MAX_BYTES = 512 * 1024  # a receipt with sixty attachments has 30 kB
NO_FILE = "Wybierz plik XML z poświadczeniem."
TOO_LARGE = "Plik jest za duży. Poświadczenie z naszego portalu ma mniej niż 512 kB."
NO_SEAL = "Nie możemy teraz sprawdzić poświadczenia. Spróbuj ponownie później."


class ReceiptRoom(Room):
    """`/poswiadczenie`"""

    title = "Sprawdź poświadczenie"

    def __acl__(self) -> list[Any]:
        return permissions.site_acl()


@view_defaults(context=ReceiptRoom, permission=permissions.VIEW, renderer="templates/receipt_check.pt")
class ReceiptViews:
    """The form and its answer on one page."""

    def __init__(self, context: ReceiptRoom, request: Any) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> dict[str, Any]:
        """The form."""
        return self._page()

    @view_config(request_method="POST")
    def check(self) -> dict[str, Any]:
        """What the receipt confirms, or why it is none."""
        data = downloads.uploaded(self.request, FIELD, MAX_BYTES)
        if not data or len(data) > MAX_BYTES:
            return self._refused(TOO_LARGE if data else NO_FILE)
        registry = self.request.registry
        try:
            receipt, seal = receipts.check(data, registry.boi_trust, registry.boi_seal.key)
        except ReceiptRefused as refusal:
            return self._refused(str(refusal))
        except SealKeyError:
            logger.exception("a receipt cannot be checked: no usable seal")
            return self._refused(NO_SEAL, 503)
        return {**self._page(), "receipt": receipt, "seal": seal.signer}

    def _refused(self, message: str, status: int = 422) -> dict[str, Any]:
        self.request.response.status_int = status
        return {**self._page(), "error": message, "errors": [FormError(message, FIELD)]}

    def _page(self) -> dict[str, Any]:
        return {"title": self.context.title, "field": FIELD, "receipt": None, "seal": None, "error": "", "errors": []}


def includeme(config: Any) -> None:
    config.add_room("poswiadczenie", ReceiptRoom)
