"""Forms that change what an account is signed in with: they ask for the password again, and guessing it is slowed down as at sign-in.

An account without a password proves itself by signing in anew, not long before.
"""

from __future__ import annotations

from typing import Any

import colander

from ..accounts.persons import person_of
from ..accounts.proving import check_password
from ..accounts.schemas import password_node
from ..accounts.signin import stored_hash
from ..accounts.throttling import waiting_text
from ..web.assurance import require_recent
from ..web.forms import FormView, PortalForm, Rejected

WRONG_PASSWORD = "To nie jest Twoje obecne hasło. Wpisz je jeszcze raz."  # noqa: S105 - words for people


class ProvenForm(FormView):
    """Base of such a form. A subclass answers `proven` in place of `success`; `password` is the name of the field."""

    password = "password"  # noqa: S105 - the name of a field

    def __call__(self) -> Any:
        if not self.has_password:
            require_recent(self.request)
        return super().__call__()

    @property
    def person(self) -> Any:
        """Who is signed in."""
        return person_of(self.request)

    @property
    def has_password(self) -> bool:
        """Whether there is a password to ask for."""
        return bool(stored_hash(self.person))

    def make_schema(self) -> colander.SchemaNode:
        node = super().make_schema()
        if self.has_password and self.password not in node:
            node.add(password_node("Twoje hasło", new=False, name=self.password))
        return node

    def success(self, values: Any, button: str) -> Any:
        if not self.has_password:
            return self.proven(values)
        userid = self.request.authenticated_userid
        verdict = check_password(self.request, userid, self.person, values[self.password])
        if verdict.wait:
            raise Rejected(f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(verdict.wait)}.", self.password)
        return self.proven(values) if verdict.right else self._refused(values)

    def proven(self, values: Any) -> Any:
        """Do what the form is for.

        :raises Rejected: it cannot be done; the form is shown again.
        """
        raise NotImplementedError

    def _refused(self, values: Any) -> Any:
        """The form with what was typed. Not `Rejected`, which would roll back the count of failures."""
        form: PortalForm = self.make_form()
        secret = {node.name for node in form.schema.children if node.widget.template == "password"}
        form.set_appstruct({name: value for name, value in values.items() if name not in secret})
        form.reject(WRONG_PASSWORD, self.password)
        return self.failure(form)
