"""The letter that follows a change of an account, so that its owner learns of what somebody else has done.

It says what kind of thing was changed and never what it was changed to.
"""

from __future__ import annotations

from typing import Any

from ..accounts.notices import address_maker, base_of
from ..accounts.resources import Applicant
from ..mail.letters import post
from ..publishing.content import now
from ..web.polish import datetime_text


def tell(request: Any, person: Applicant, what: str, to: str = "") -> None:
    """Leave the letter; `what` is a whole sentence, `to` another address than the account's."""
    address = address_maker(base_of(request))
    params = {
        "what": what,
        "login": person.login,
        "at": datetime_text(now()),
        "account": address("konto"),
        "reset": address("haslo"),
    }
    receiver = to or person.email
    if receiver:
        post(request.office, "account-changed", receiver, params)


def tell_decision(request: Any, person: Applicant, number: str, accepted: bool) -> None:
    """Leave the letter about the office's decision; its words are read after signing in. `number` is the number's name."""
    if person.email:
        link = address_maker(base_of(request))("konto", "dane")
        post(request.office, "number-decided", person.email, {"number": number, "accepted": accepted, "link": link})
