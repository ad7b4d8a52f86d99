"""The life of content: drafts, working copies, versions, moves, the bin — and what the world sees of each."""

from typing import Any

import pytest
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.security import Everyone
from pyramid.traversal import resource_path

from boi_portal import permissions
from boi_portal.publishing import lifecycle, revision
from boi_portal.publishing.catalog import boi_index, listing, sort_key
from boi_portal.publishing.lifecycle import LifecycleError
from boi_portal.publishing.versions import VersionNotFound, canonical_json
from tests.core import CARD, Core


def card_of(portal: Any) -> Any:
    return portal.site["katalog"]["obywatelskie"]["dowod"]


def world_sees(content: Any) -> bool:
    return bool(ACLAuthorizationPolicy().permits(content, [Everyone], permissions.VIEW))


def listed(portal: Any) -> list[str]:
    return [card.title for card in listing(portal.site, type="case-type")]


def found(portal: Any, query: str) -> set[str]:
    index = boi_index(portal.site, "text").index
    hits = index.search(query).hits
    return {portal.site.__objectmap__.object_for(hit.docid).__name__ for hit in hits}


# who may do what


STATES = ("draft", "pending", "published", "withdrawn")
ACTIONS = {
    "view": permissions.VIEW,
    "edit": permissions.EDIT,
    "add": permissions.ADD,
    "publish": permissions.PUBLISH,
    "delete": permissions.DELETE,
}
# role -> state -> what it may; an administrator may all
MAY = {
    "visitor": {"published": "view"},
    "applicant": {"published": "view"},
    permissions.CLERK: {"published": "view"},
    permissions.HEAD: {"published": "view"},
    permissions.EDITOR: {
        "draft": "view edit add delete",
        "pending": "view",
        "published": "view edit add",
        "withdrawn": "view edit",
    },
    permissions.CHIEF_EDITOR: dict.fromkeys(STATES, "view edit add publish delete"),
    permissions.ADMIN: dict.fromkeys(STATES, "view edit add publish delete"),
}
PRINCIPALS = {"visitor": [], "applicant": [permissions.APPLICANT, "applicant:ala"]}


@pytest.mark.parametrize("state", STATES)
def test_each_role_may_do_in_each_state_what_the_table_says(filled: Core, state: str) -> None:
    with filled.opened(commit=False) as portal:
        card = card_of(portal)
        if state != "published":
            lifecycle.change_state(filled.registry, card, state, "naczelny")
        for who, table in MAY.items():
            principals = [Everyone, *PRINCIPALS.get(who, [permissions.STAFF, permissions.role(who)])]
            allowed = {
                name
                for name, permission in ACTIONS.items()
                if ACLAuthorizationPolicy().permits(card, principals, permission)
            }
            assert allowed == set(table.get(state, "").split()), f"{who} in {state}"


def test_a_draft_inherits_nothing_from_the_published_folder_around_it(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        draft = filled.make(portal, "Help Page", portal.site["pomoc"], "szkic", {"title": "Szkic"}, "draft")
        assert not world_sees(draft)


# versions


def test_edits_of_published_content_wait_in_a_working_copy(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.edit(filled.registry, card, {**card.fields, "title": "Nowy tytuł"}, "redaktorka")
        assert card.title == CARD["title"]
        assert card.edited_fields()["title"] == "Nowy tytuł"
        assert listed(portal) == [CARD["title"]]
    filled.work()
    with filled.opened(commit=False) as portal:
        assert found(portal, "nowy tytuł") == set()


def test_publishing_makes_the_next_version_with_the_digest_of_its_data(filled: Core) -> None:
    import hashlib

    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.edit(filled.registry, card, {**card.fields, "title": "Dowód"}, "redaktorka")
        version = lifecycle.publish(filled.registry, card, "naczelny", note="Nowy tytuł")
        assert version is not None
        assert (version.number, card.version, version.by, version.note) == (2, 2, "naczelny", "Nowy tytuł")
        assert version.sha256 == hashlib.sha256(canonical_json(card.fields).encode()).hexdigest()
        assert version.fields == card.fields
        assert version.intact
        assert card.working_copy is None


def test_publishing_without_a_change_makes_no_version(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        assert lifecycle.publish(filled.registry, card, "naczelny") is None
        assert card.version == 1


def test_withdrawing_and_publishing_again_unchanged_keeps_the_version(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.change_state(filled.registry, card, "withdrawn", "naczelny")
        assert not world_sees(card)
        lifecycle.change_state(filled.registry, card, "published", "naczelny")
        assert world_sees(card)
        assert card.version == 1


def test_a_version_does_not_follow_later_changes(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        version = portal.site.versions.get(card.uid, 1)
        version.fields["title"] = "podmieniony"
        given = {**card.fields, "fees": [{"label": "Opłata", "amount": "17.00", "note": "", "basis": ""}]}
        lifecycle.edit(filled.registry, card, given, "redaktorka")
        lifecycle.publish(filled.registry, card, "naczelny")
        given["fees"][0]["amount"] = "0.00"
        assert portal.site.versions.get(card.uid, 1).fields["title"] == CARD["title"]
        assert portal.site.versions.get(card.uid, 2).fields["fees"][0]["amount"] == "17.00"
        assert card.fields["fees"][0]["amount"] == "17.00"


def test_a_forged_version_is_noticed(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        version = portal.site.versions.get(card_of(portal).uid, 1)
        version.text = version.text.replace("dowodu", "paszportu")
        assert not version.intact


def test_versions_survive_deletion(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.delete(filled.registry, card, "naczelny")
        assert portal.site.versions.get(card.uid, 1).fields["title"] == CARD["title"]


def test_an_old_version_comes_back_as_a_new_one(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.edit(filled.registry, card, {**card.fields, "title": "Druga"}, "redaktorka")
        lifecycle.publish(filled.registry, card, "naczelny")
        lifecycle.bring_back(filled.registry, card, 1, "redaktorka")
        assert card.title == "Druga"
        lifecycle.publish(filled.registry, card, "naczelny")
        assert (card.title, card.version) == (CARD["title"], 3)
        assert [version.number for version in portal.site.versions.all(card.uid)] == [3, 2, 1]


def test_a_version_that_is_not_there_is_not_brought_back(filled: Core) -> None:
    with filled.opened(commit=False) as portal, pytest.raises(VersionNotFound):
        lifecycle.bring_back(filled.registry, card_of(portal), 9, "redaktorka")


def test_a_withdrawn_card_takes_edits_although_a_working_copy_was_waiting(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.edit(filled.registry, card, {**card.fields, "title": "Czeka"}, "redaktorka")
        lifecycle.change_state(filled.registry, card, "withdrawn", "naczelny")
        lifecycle.edit(filled.registry, card, {**card.edited_fields(), "title": "Poprawiony"}, "redaktorka")
        assert card.edited_fields()["title"] == "Poprawiony"
        lifecycle.publish(filled.registry, card, "naczelny")
        assert card.title == "Poprawiony"


# addresses


@pytest.mark.parametrize("name", ["", "dowod", "Zażółć", "a/b", "a b", "..", "@@x", "DUŻE", "a\n", "-a", "a--b"])
def test_content_is_not_added_under_a_name_that_is_no_address(filled: Core, name: str) -> None:
    with filled.opened(commit=False) as portal, pytest.raises(LifecycleError, match="Adres"):
        filled.make(portal, "Case Type", portal.site["katalog"]["obywatelskie"], name, CARD)


@pytest.mark.parametrize("name", ["Zażółć", "a/b", "..", "@@x"])
def test_content_is_not_renamed_to_what_is_no_address(filled: Core, name: str) -> None:
    with filled.opened(commit=False) as portal, pytest.raises(LifecycleError):
        lifecycle.move(filled.registry, card_of(portal), portal.site["katalog"]["obywatelskie"], name)


def test_a_move_leaves_a_redirect_and_a_move_back_removes_it(filled: Core) -> None:
    with filled.opened() as portal:
        card, katalog = card_of(portal), portal.site["katalog"]
        other = filled.make(portal, "Category", katalog, "inne", {"title": "Inne", "icon": "leaf"})
        lifecycle.move(filled.registry, card, other)
        assert resource_path(card) == "/katalog/inne/dowod"
        assert dict(portal.site.redirects) == {"/katalog/obywatelskie/dowod": card.__oid__}
        assert len(listing(portal.site, type="case-type", category="inne")) == 1
        lifecycle.move(filled.registry, card, katalog["obywatelskie"])
        assert dict(portal.site.redirects) == {"/katalog/inne/dowod": card.__oid__}
        assert listed(portal) == [CARD["title"]]


def test_a_folder_takes_its_cards_along(filled: Core) -> None:
    with filled.opened() as portal:
        card, site = card_of(portal), portal.site
        lifecycle.move(filled.registry, site["katalog"]["obywatelskie"], site["katalog"], "meldunki")
        assert resource_path(card) == "/katalog/meldunki/dowod"
        assert [found.title for found in listing(site, type="case-type", category="meldunki")] == [CARD["title"]]
        assert len(listing(site, type="case-type", category="obywatelskie")) == 0


def test_what_cannot_be_moved(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        site = portal.site
        move = lifecycle.move
        with pytest.raises(LifecycleError, match="niego samego"):
            move(filled.registry, site["katalog"], site["katalog"]["obywatelskie"])
        with pytest.raises(LifecycleError, match="niego samego"):
            move(filled.registry, site["katalog"], site["katalog"])
        with pytest.raises(LifecycleError, match="już"):
            move(filled.registry, site["pomoc"], site, "katalog")
        with pytest.raises(LifecycleError):
            move(filled.registry, site, site["katalog"])
        with pytest.raises(LifecycleError):
            move(filled.registry, site[lifecycle.BIN], site["katalog"])
        with pytest.raises(LifecycleError):
            move(filled.registry, site["pomoc"], card_of(portal))
        with pytest.raises(LifecycleError):
            move(filled.registry, card_of(portal), site[lifecycle.BIN])


# the bin


def test_what_something_refers_to_is_not_deleted(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        with pytest.raises(LifecycleError, match="Wydanie dowodu"):
            lifecycle.delete(filled.registry, portal.site["wydzialy"]["so"], "naczelny")
        with pytest.raises(LifecycleError, match="Wydanie dowodu"):
            lifecycle.delete(filled.registry, portal.site["wydzialy"], "naczelny")


def test_the_portal_and_its_bin_are_not_deleted(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        for content in (portal.site, portal.site[lifecycle.BIN]):
            with pytest.raises(LifecycleError):
                lifecycle.delete(filled.registry, content, "naczelny")


def test_deleted_content_is_gone_for_the_world_and_comes_back_as_a_draft(filled: Core) -> None:
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.delete(filled.registry, card, "naczelny")
        assert resource_path(card) == f"/kosz/{card.uid}"
        assert not world_sees(card)
        assert listed(portal) == []
        with pytest.raises(LifecycleError, match="kosz"):
            lifecycle.publish(filled.registry, card, "naczelny")
        with pytest.raises(LifecycleError, match="kosz"):
            lifecycle.delete(filled.registry, card, "naczelny")
    filled.work()
    with filled.opened() as portal:
        assert "dowod" not in found(portal, "dowód osobisty")
        (card,) = (child for child in portal.site[lifecycle.BIN].values())
        lifecycle.undelete(filled.registry, card, "naczelny")
        assert resource_path(card) == "/katalog/obywatelskie/dowod"
        assert (card.state, world_sees(card)) == ("draft", False)
        lifecycle.publish(filled.registry, card, "naczelny")
    filled.work()
    with filled.opened() as portal:
        assert "dowod" in found(portal, "dowód osobisty")
        assert listed(portal) == [CARD["title"]]


def test_a_deleted_folder_takes_its_cards_out_of_sight(filled: Core) -> None:
    with filled.opened() as portal:
        card, category = card_of(portal), portal.site["katalog"]["obywatelskie"]
        lifecycle.delete(filled.registry, category, "naczelny")
        assert not world_sees(card)
        assert listed(portal) == []
        with pytest.raises(LifecycleError, match="kosz"):
            lifecycle.publish(filled.registry, card, "naczelny")
    filled.work()
    with filled.opened() as portal:
        assert found(portal, "dowód osobisty") == set()
        (category,) = portal.site[lifecycle.BIN].values()
        lifecycle.undelete(filled.registry, category, "naczelny")
        card = card_of(portal)
        assert card.state == "draft"
        lifecycle.publish(filled.registry, card, "naczelny")
        assert listed(portal) == [CARD["title"]]
        assert card.version == 1


def test_a_card_deleted_before_its_folder_comes_back_by_itself(filled: Core) -> None:
    with filled.opened() as portal:
        card, category = card_of(portal), portal.site["katalog"]["obywatelskie"]
        lifecycle.delete(filled.registry, card, "naczelny")
        lifecycle.delete(filled.registry, category, "naczelny")
        with pytest.raises(LifecycleError, match="folder"):
            lifecycle.undelete(filled.registry, card, "naczelny")
        lifecycle.undelete(filled.registry, category, "naczelny")
        lifecycle.undelete(filled.registry, card, "naczelny")
        assert resource_path(card) == "/katalog/obywatelskie/dowod"


def test_content_in_a_deleted_folder_is_brought_back_with_the_folder_only(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        card = card_of(portal)
        lifecycle.delete(filled.registry, portal.site["katalog"]["obywatelskie"], "naczelny")
        with pytest.raises(LifecycleError, match="folder"):
            lifecycle.undelete(filled.registry, card, "naczelny")


def test_nothing_is_brought_back_over_what_has_taken_its_place(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        card, category = card_of(portal), portal.site["katalog"]["obywatelskie"]
        lifecycle.delete(filled.registry, card, "naczelny")
        filled.make(portal, "Case Type", category, "dowod", CARD)
        with pytest.raises(LifecycleError, match="zajęty"):
            lifecycle.undelete(filled.registry, card, "naczelny")


def test_a_card_in_the_bin_does_not_hold_its_department(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        lifecycle.delete(filled.registry, portal.site["katalog"], "naczelny")
        lifecycle.delete(filled.registry, portal.site["wydzialy"]["so"], "naczelny")
        assert "so" not in portal.site["wydzialy"]


# lists and the revision


def test_lists_follow_the_polish_alphabet() -> None:
    words = ["zupa", "ćma", "cukier", "łąka", "lato", "Ósmy", "oset", "żaba", "źrebię", "ósemka", "Adam", "ąkka", "ABC"]
    assert sorted(words, key=sort_key) == [
        "ABC", "Adam", "ąkka", "cukier", "ćma", "lato", "łąka", "oset", "ósemka", "Ósmy", "zupa", "źrebię", "żaba",
    ]  # fmt: skip


def test_words_of_other_alphabets_and_digits_have_a_place_too() -> None:
    assert sorted(["auto", "500 plus", "quad", "xero", "vat", "a b", "a"], key=sort_key) == [
        "500 plus", "a", "a b", "auto", "quad", "vat", "xero",
    ]  # fmt: skip


def test_the_list_of_cards_is_in_polish_order(filled: Core) -> None:
    with filled.opened(commit=False) as portal:
        category = portal.site["katalog"]["obywatelskie"]
        for number, title in enumerate(["Żeglarz", "Ślub", "Akt", "Śmieci", "Sad"]):
            filled.make(portal, "Case Type", category, f"k{number}", {**CARD, "title": title})
        assert listed(portal) == ["Akt", "Sad", "Ślub", "Śmieci", CARD["title"], "Żeglarz"]


@pytest.mark.parametrize("state", ["draft", "pending", "withdrawn"])
def test_what_is_not_published_is_in_no_list_and_no_search(filled: Core, state: str) -> None:
    with filled.opened() as portal:
        lifecycle.change_state(filled.registry, card_of(portal), state, "naczelny")
    filled.work()
    with filled.opened(commit=False) as portal:
        assert listed(portal) == []
        assert found(portal, "dowód osobisty") == set()


def number(core: Core) -> int:
    with core.opened(commit=False) as portal:
        return revision.current(portal.connection)


def changes() -> dict[str, Any]:
    """What the world can see: name -> function of (registry, portal)."""

    def published_edit(registry: Any, portal: Any) -> None:
        lifecycle.edit(registry, card_of(portal), {**CARD, "title": "Inny"}, "r")
        lifecycle.publish(registry, card_of(portal), "r")

    category = ("katalog", "obywatelskie")
    return {
        "publish": published_edit,
        "withdraw": lambda reg, p: lifecycle.change_state(reg, card_of(p), "withdrawn", "r"),
        "delete": lambda reg, p: lifecycle.delete(reg, card_of(p), "r"),
        "rename": lambda reg, p: lifecycle.move(reg, card_of(p), p.site[category[0]][category[1]], "inny"),
        "reorder": lambda reg, p: lifecycle.reorder(reg, p.site, ["pomoc", "katalog"]),
    }


@pytest.mark.parametrize("change", list(changes()))
def test_the_content_revision_grows_with(filled: Core, change: str) -> None:
    before = number(filled)
    with filled.opened() as portal:
        changes()[change](filled.registry, portal)
    assert number(filled) > before


def test_the_content_revision_stays_where_the_world_sees_no_change(filled: Core) -> None:
    from boi_portal.office import tasks

    before = number(filled)
    with filled.opened() as portal:
        card = card_of(portal)
        lifecycle.edit(filled.registry, card, {**card.fields, "title": "Czeka"}, "redaktorka")
        lifecycle.discard_working_copy(card)
        tasks.put(portal.office, "mail", {})
        portal.office.logins["x"] = "applicant:x"
    assert number(filled) == before


def test_two_editors_raise_the_revision_at_once(filled: Core) -> None:
    before = number(filled)
    with filled.beside() as (manager, other):
        manager.begin()
        revision.bump(other.site, None)
        with filled.opened() as portal:
            revision.bump(portal.site, None)
        manager.commit()
    assert number(filled) == before + 2
