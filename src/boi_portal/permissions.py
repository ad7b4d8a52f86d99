"""Permission names, roles, and the tables from which every access list is set.

Owns who may do what; a module that needs an access list asks here and never writes one of its own.
"""

from __future__ import annotations

from collections.abc import Collection

from pyramid.security import ALL_PERMISSIONS, DENY_ALL, Allow, Everyone

VIEW = "boi.view"  # see the published object
EDIT = "boi.edit"  # change it, see its versions and working copy
ADD = "boi.add"  # add content inside
PUBLISH = "boi.publish"  # publish, withdraw, bring back
DELETE = "boi.delete"  # move to the bin
ACCOUNT = "boi.account"  # have an applicant's account: drafts, cases, settings
OWN = "boi.own"  # this record is mine, or theirs for whom I act
FILL = "boi.fill"  # fill in this draft
FILE = "boi.file"  # sign and file it
PEOPLE = "boi.people"  # say who acts for this account
HELD = "boi.held"  # I am the one who acts by this representation
DESK = "boi.desk"  # the clerk's desk
CASE_VIEW = "boi.case.view"  # see a case as the office
CASE_HANDLE = "boi.case.handle"  # register it, move its stage
APPLICANTS = "boi.applicants"  # find applicants who have a case in the own department
TRAIL = "boi.trail"  # read the audit trail
STAFF_MANAGE = "boi.staff"  # employees' accounts: invite, change roles, switch off
ABSENCES = "boi.absences"  # write down an employee's absence
PERSONAL_DATA = "boi.personal-data"  # see and decide what applicants ask to change in their data

EDITOR = "redaktor"
CHIEF_EDITOR = "redaktor-naczelny"
CLERK = "urzednik"
HEAD = "kierownik"
ADMIN = "administrator"

ROLES = {
    EDITOR: "Redaktor",
    CHIEF_EDITOR: "Redaktor naczelny",
    CLERK: "Urzędnik",
    HEAD: "Kierownik",
    ADMIN: "Administrator",
}

# what an account's owner may do with its drafts and cases, and what somebody may be given who acts for the account
SEE_RIGHT, FILL_RIGHT, SIGN_RIGHT, MANAGE_RIGHT = "see", "fill", "sign", "manage"
RIGHTS: dict[str, tuple[str, ...]] = {
    SEE_RIGHT: (VIEW, OWN),
    FILL_RIGHT: (FILL,),
    SIGN_RIGHT: (FILE,),
    MANAGE_RIGHT: (PEOPLE,),
}

APPLICANT = "applicant"  # principal of every signed-in applicant
STAFF = "staff"  # principal of every signed-in employee


def role(name: str) -> str:
    """The principal of a role."""
    return f"role:{name}"


def department(name: str) -> str:
    """The principal of an employee of a department (`name` is the department's name in /wydzialy)."""
    return f"department:{name}"


_EDITING = (VIEW, EDIT, ADD)
_PUBLISHING = (VIEW, EDIT, ADD, PUBLISH, DELETE)

# state of a content object -> role -> permissions; Everyone stands for the world
CONTENT_STATES: dict[str, dict[str, tuple[str, ...]]] = {
    "draft": {EDITOR: (*_EDITING, DELETE), CHIEF_EDITOR: _PUBLISHING},
    "pending": {EDITOR: (VIEW,), CHIEF_EDITOR: _PUBLISHING},
    "published": {Everyone: (VIEW,), EDITOR: _EDITING, CHIEF_EDITOR: _PUBLISHING},
    "withdrawn": {EDITOR: (VIEW, EDIT), CHIEF_EDITOR: _PUBLISHING},
}

Ace = tuple[str, object, object]


def content_acl(state: str) -> list[Ace]:
    """The access list of a content object in `state`; ends with a denial, so that nothing is inherited."""
    acl: list[Ace] = [(Allow, role(ADMIN), ALL_PERMISSIONS)]
    for who, what in CONTENT_STATES[state].items():
        acl.append((Allow, who if who == Everyone else role(who), what))
    return [*acl, DENY_ALL]


def site_acl() -> list[Ace]:
    """The access list of the portal's root."""
    return [
        (Allow, role(ADMIN), ALL_PERMISSIONS),
        (Allow, Everyone, (VIEW,)),
        (Allow, role(EDITOR), _EDITING),
        (Allow, role(CHIEF_EDITOR), _PUBLISHING),
        DENY_ALL,
    ]


def applicant_room_acl() -> list[Ace]:
    """Rooms of the signed-in applicant: drafts, cases, settings."""
    return [(Allow, APPLICANT, (VIEW, ACCOUNT)), DENY_ALL]


def staff_room_acl() -> list[Ace]:
    """Rooms that every employee with an account has, such as the own password."""
    return [(Allow, STAFF, (VIEW,)), DENY_ALL]


def editors_room_acl() -> list[Ace]:
    """The room of everybody who maintains content."""
    return [(Allow, role(name), (VIEW, EDIT)) for name in (EDITOR, CHIEF_EDITOR, ADMIN)] + [DENY_ALL]


def desk_acl() -> list[Ace]:
    """The clerk's desk."""
    return [(Allow, role(name), (VIEW, DESK)) for name in (CLERK, HEAD, ADMIN)] + [DENY_ALL]


def personal_data_acl() -> list[Ace]:
    """What applicants ask the office to change in their data."""
    return [(Allow, role(name), (VIEW, PERSONAL_DATA)) for name in (HEAD, ADMIN)] + [DENY_ALL]


def staff_management_acl() -> list[Ace]:
    """Employees' accounts: administrators alone."""
    return [(Allow, role(ADMIN), (VIEW, STAFF_MANAGE)), DENY_ALL]


def absences_acl(is_own_or_headed: bool) -> list[Ace]:
    """An employee's absences; the argument: whether whoever asks is that employee, or the head of that department."""
    acl: list[Ace] = [(Allow, role(ADMIN), (VIEW, ABSENCES))]
    if is_own_or_headed:
        acl.append((Allow, STAFF, (VIEW, ABSENCES)))
    return [*acl, DENY_ALL]


def own_record_acl(owner: str) -> list[Ace]:
    """A draft or a case at its applicant's address: its owner's alone. `owner` is the applicant's user id."""
    return acted_record_acl(owner, RIGHTS)


def acted_record_acl(person: str, rights: Collection[str]) -> list[Ace]:
    """A draft or a case, for the person (user id) who deals with it now by these rights: the owner's are all of them."""
    return [(Allow, person, tuple(one for right in RIGHTS if right in rights for one in RIGHTS[right])), DENY_ALL]


def nobodys_acl() -> list[Ace]:
    """What is not this request's person's."""
    return [DENY_ALL]


def representation_acl(giver: str, holder: str) -> list[Ace]:
    """Who acts for whom: seen by who may manage the giving side (`giver`, a user id; empty: nobody here) and by who holds it."""
    acl: list[Ace] = []
    if giver:
        acl.append((Allow, giver, (VIEW, PEOPLE)))
    if holder:
        acl.append((Allow, holder, (VIEW, HELD)))
    return [*acl, DENY_ALL]


def people_room_acl(person: str) -> list[Ace]:
    """The firm's page of its people, for a person (user id) who manages them."""
    return [(Allow, person, (VIEW, ACCOUNT, PEOPLE)), DENY_ALL]


def applicants_acl() -> list[Ace]:
    """The clerks' search for applicants. An admin has no department and so nobody to look for."""
    return [(Allow, role(name), (VIEW, APPLICANTS)) for name in (CLERK, HEAD)] + [DENY_ALL]


def trail_acl() -> list[Ace]:
    """The audit trail."""
    return [(Allow, role(ADMIN), (VIEW, TRAIL)), DENY_ALL]


def desk_case_acl(department_name: str) -> list[Ace]:
    """A case at the clerk's desk: the department's employees. Being an admin is no business with a citizen's case."""
    return [(Allow, department(department_name), (VIEW, CASE_VIEW, CASE_HANDLE)), DENY_ALL]
