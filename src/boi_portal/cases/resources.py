"""The rooms of cases: `/sprawy` of the applicant and `/urzad` of the clerk, and a case as each sees it."""

from __future__ import annotations

from typing import Any

from .. import permissions
from ..office.store import is_case_number
from ..representation.acting import Acting
from ..submissions.records import Submission
from ..web.traversal import PrivateResource, Room
from .records import Case


class CaseSeen(PrivateResource):
    """A case at an address. `record` is the Case."""

    record: Case

    @property
    def title(self) -> str:
        return self.record.number

    @property
    def submission(self) -> Submission:
        """What was filed."""
        return self.office.submissions[self.record.number]

    @property
    def office(self) -> Any:
        """The office database's root."""
        return self.__parent__.office


class CaseResource(CaseSeen):
    """`/sprawy/{number}`: the owner's, and theirs who act for the owner."""

    def __acl__(self) -> list[Any]:
        acting: Acting | None = self.__parent__.request.acting
        if acting is None or acting.applicant.userid != self.record.owner:
            return permissions.nobodys_acl()
        return acting.record_acl(self.record.owner, self.submission.form.uid)


class DeskCaseResource(CaseSeen):
    """`/urzad/sprawy/{number}`: the department's alone."""

    def __acl__(self) -> list[Any]:
        return permissions.desk_case_acl(self.record.department)


class CasesRoom(Room):
    """`/sprawy`"""

    title = "Moje sprawy"

    @property
    def office(self) -> Any:
        return self.request.office

    def __getitem__(self, name: str) -> CaseResource:
        return CaseResource(_case(self.office, name), self, name)

    def cases(self) -> list[Case]:
        """The cases of the account that one acts for: those that wait for the applicant first, then the newest."""
        acting: Acting | None = self.request.acting
        if acting is None:
            return []
        numbers = [number for number in acting.applicant.cases if self._is_covered(acting, number)]
        found: list[Case] = [self.office.cases[number] for number in numbers]
        return sorted(
            found, key=lambda case: (case.stage.kind == "applicant", case.filed_at, case.number), reverse=True
        )

    def _is_covered(self, acting: Acting, number: str) -> bool:
        return not acting.is_limited or acting.covers(self.office.submissions[number].form.uid)


class DeskRoom(Room):
    """`/urzad`"""

    title = "Pulpit"

    @property
    def office(self) -> Any:
        return self.request.office

    def __getitem__(self, name: str) -> Any:
        return DeskCases(self.request, self, name) if name == "sprawy" else super().__getitem__(name)

    def __acl__(self) -> list[Any]:
        return permissions.desk_acl()

    def rooms(self) -> list[Room]:
        """The rooms that other features have put here and that this employee may enter."""
        mark = f"{self.__name__}/"
        names = sorted(path.removeprefix(mark) for path in self.request.registry.boi_rooms if path.startswith(mark))
        return [room for room in (self[name] for name in names) if self.request.has_permission(permissions.VIEW, room)]

    @property
    def departments(self) -> list[str]:
        """Names of the clerk's departments."""
        mark = permissions.department("")
        return sorted(one.removeprefix(mark) for one in self.request.effective_principals if str(one).startswith(mark))


class DeskCases(Room):
    """`/urzad/sprawy`"""

    title = ""

    @property
    def office(self) -> Any:
        return self.request.office

    def __getitem__(self, name: str) -> DeskCaseResource:
        return DeskCaseResource(_case(self.office, name), self, name)

    def __acl__(self) -> list[Any]:
        return permissions.desk_acl()


def _case(office: Any, number: str) -> Case:
    """:raises KeyError: there is no such case."""
    if not is_case_number(number):
        raise KeyError(number)
    case: Case = office.cases[number]
    return case


def includeme(config: Any) -> None:
    config.add_room("sprawy", CasesRoom)
    config.add_room("urzad", DeskRoom)
