"""Helping somebody who has lost the phone, the keys and the recovery codes: an administrator takes the factors away.

Whoever asks for it has shown who he is, in person: nothing here can check that. The password stays, sessions end, the owner gets a letter.
"""

from __future__ import annotations

import time
from typing import Any

from ..office.audit import Origin, record
from ..office.store import Office
from . import notices
from .credentials import credentials_of
from .signin import account_by, userid_of

COMMAND = "boi user forget-factors"


class NothingToForget(LookupError):
    """There is no such account, or it has no second factor; the message says which."""


def forget_factors(site: Any, office: Office, login: str, base: str) -> None:
    """Take all factors away from the account with this login or e-mail address; `base` is the portal's address for the letter.

    :raises NothingToForget: there is nothing to take away.
    """
    account = account_by(site, office, login)
    if account is None:
        raise NothingToForget(f"Nobody signs in as {login}.")
    take_away(office, account, base, "", Origin("", COMMAND))


def take_away(office: Office, account: Any, base: str, who: Any, origin: Origin) -> None:
    """Take all factors away from this account, as `who` does it; its sessions end, and its owner gets a letter.

    :raises NothingToForget: it has none.
    """
    userid = userid_of(account)
    found = credentials_of(office, userid)
    if found is None or not found.factors:
        raise NothingToForget(f"{notices.login_of(account)} has no second factor.")
    found.factors.remove_all()
    account.sessions_since = time.time()
    record(office, "factors-forgotten", who, userid, origin)
    words = "Urząd wyłączył drugi składnik logowania na prośbę właściciela konta. Po zalogowaniu ustaw nowy."
    notices.factors_changed(office, account, words, notices.address_maker(base))
