"""The folder of providers: reading it, noticing what ends while the portal runs, roll-over of keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from boi_portal.identity import (
    Binding,
    ConfigurationError,
    Finding,
    Key,
    KeyKind,
    LoA,
    Profile,
    Provider,
    Providers,
    Reason,
    Refused,
    ServiceProvider,
    Trouble,
    health,
)

from . import factories
from .factories import NATIONAL_ID, STANDARD_ID, Memory, posted, said, sign

DAY = timedelta(days=1)


def of(folder: Path, name: str) -> Provider:
    found = Providers.from_folder(folder).get(name)
    assert found
    return found


def write(path: Path, text: str) -> None:
    """Write, and leave no doubt that the file has changed."""
    path.write_text(text, encoding="utf-8")
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))


def test_folder_is_read(folder: Path) -> None:
    providers = Providers.from_folder(folder)
    assert [provider.name for provider in providers] == ["miasto", "pz"]
    national, standard = providers.get("pz"), providers.get("miasto")
    assert national and standard
    assert (national.profile, national.loa, national.answer) == (
        Profile.WEZEL_KRAJOWY,
        LoA.SUBSTANTIAL,
        Binding.ARTIFACT,
    )
    assert (standard.profile, standard.loa, standard.answer) == (Profile.SAML2, LoA.LOW, Binding.POST)
    assert (national.title, national.sign_with) == ("Profil zaufany", (KeyKind.EC,))
    assert standard.attributes.birth_date is None
    assert providers.by_entity_id(STANDARD_ID) is standard
    assert providers.by_entity_id("x") is providers.get("x") is None
    assert len(providers) == 2 and len(Providers()) == 0


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        Providers.from_folder(tmp_path / "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Logowanie miasta", "name: x", "title: a text is expected"),
        ("title: Logowanie miasta", "title: [x]", "title: a text is expected"),
        ("profile: saml2", "profile: saml1", "one of wezel-krajowy, saml2"),
        ("loa: low", "loa: medium", "one of low, substantial, high"),
        ("loa: low", "skew: 61", "from 0 to 60"),
        ("loa: low", "skew: yes", "from 0 to 60"),
        ("loa: low", "max_age: 3600", "from 30 to 600"),
        ("loa: low", "colour: red", "unknown keys: colour"),
        ("loa: low", "answer: redirect", "one of post, artifact"),
        ("loa: low", "levels: [low]", "levels: "),
        ("loa: low", "levels: {urn:a: medium}", "levels: "),
        ("loa: low", "entity_id: https://other.example.org", "0 times identity provider https://other.example.org"),
        ("loa: low", "metadata_certificate: none.pem", "metadata_certificate"),
        ("metadata: miasto.xml", "metadata: other.xml", "No such file"),
        ("metadata: miasto.xml", "metadata: pz.yaml", "metadata refused"),
        ("metadata: miasto.xml", "metadata: ''", "metadata: the name"),
        ("  pesel: ", "  pesl: ", "attributes: "),
        ("attributes:", "extra:", "attributes: "),
        ("title: Logowanie miasta", "title: 'x", "while scanning"),
        ("metadata: miasto.xml", "metadata: pz.xml", "two files are about"),
    ],
)
def test_wrong_file(folder: Path, old: str, new: str, message: str) -> None:
    file = folder / "miasto.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError, match=message) as caught:
        Providers.from_folder(folder)
    assert str(folder) in str(caught.value)


def test_file_that_is_no_mapping(folder: Path) -> None:
    (folder / "miasto.yaml").write_text("- x", "utf-8")
    with pytest.raises(ConfigurationError, match=r"miasto\.yaml: a mapping"):
        Providers.from_folder(folder)


def test_name_of_a_file(folder: Path) -> None:
    (folder / "miasto.yaml").rename(folder / "Nasze miasto.yaml")
    with pytest.raises(ConfigurationError, match="small letters"):
        Providers.from_folder(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("IDPSSODescriptor", "SPSSODescriptor"), "0 times identity provider"),
        (
            lambda text: text.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"),
            "one IDPSSO",
        ),
        (lambda text: text.replace('use="signing"', 'use="encryption"'), "no certificate for signing"),
        (lambda text: text.replace("https://idp.example.org/sso", "http://idp.example.org/sso"), "not https"),
        (lambda text: text.replace("https://idp.example.org/sso", "javascript:alert(1)"), "not https"),
        (lambda text: text.replace("<ds:X509Certificate>M", "<ds:X509Certificate>A"), "cannot be used"),
        (lambda text: text.replace("<?xml", "<!DOCTYPE x []><?xml"), "metadata refused"),
        (lambda text: text.replace('ID="_metadata"', 'validUntil="soon"'), "metadata refused"),
        (lambda text: "<x/>", "no SAML metadata"),
    ],
    ids=["no idp", "saml 1", "no key", "http", "javascript", "certificate", "dtd", "time", "other"],
)
def test_wrong_metadata(folder: Path, change: Callable[[str], str], message: str) -> None:
    file = folder / "miasto.xml"
    file.write_text(change(file.read_text("utf-8")), "utf-8")
    with pytest.raises(ConfigurationError, match=message) as caught:
        Providers.from_folder(folder)
    assert "miasto.xml" in str(caught.value)


def test_weak_key_in_metadata(folder: Path, at: datetime) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    weak = factories.certificate(rsa.generate_private_key(65537, 1024), "weak", at, at + DAY)
    (folder / "miasto.xml").write_text(factories.metadata(STANDARD_ID, [weak]), "utf-8")
    with pytest.raises(ConfigurationError, match="1024 bits"):
        Providers.from_folder(folder)


def test_one_of_several_providers_in_one_file(folder: Path, standard_key: Key, national_key: Key) -> None:
    one, two = (
        factories.metadata(name, [key.certificate]).partition("-->")[2].replace('ID="_metadata"', "")
        for name, key in ((STANDARD_ID, standard_key), ("https://two.example.org", national_key))
    )
    many = f'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">{one}{two}</md:EntitiesDescriptor>'
    (folder / "miasto.xml").write_text(many, "utf-8")
    with pytest.raises(ConfigurationError, match="name one by entity_id"):
        Providers.from_folder(folder)
    with (folder / "miasto.yaml").open("a", encoding="utf-8") as file:
        file.write(f"entity_id: {STANDARD_ID}\n")
    assert of(folder, "miasto").source.current().certificates == (standard_key.certificate,)


@pytest.fixture
def pinned(folder: Path, standard_key: Key, stranger: Key) -> Path:
    """Metadata signed by a federation, whose certificate is pinned."""
    (folder / "federation.pem").write_bytes(stranger.certificate_pem)
    with (folder / "miasto.yaml").open("a", encoding="utf-8") as file:
        file.write("metadata_certificate: federation.pem\n")
    plain = factories.metadata(STANDARD_ID, [standard_key.certificate]).partition("-->")[2]
    (folder / "miasto.xml").write_bytes(sign(plain, "_metadata", stranger))
    return folder


def test_signed_metadata(pinned: Path) -> None:
    assert of(pinned, "miasto").source.current().entity_id == STANDARD_ID


def test_signed_metadata_altered(pinned: Path) -> None:
    file = pinned / "miasto.xml"
    file.write_bytes(file.read_bytes().replace(b"idp.example.org/sso", b"evil.example.org/sso"))
    with pytest.raises(ConfigurationError, match="bad-signature"):
        Providers.from_folder(pinned)


def test_metadata_signed_by_somebody_else(pinned: Path, standard_key: Key) -> None:
    plain = factories.metadata(STANDARD_ID, [standard_key.certificate]).partition("-->")[2]
    (pinned / "miasto.xml").write_bytes(sign(plain, "_metadata", standard_key))
    with pytest.raises(ConfigurationError, match="bad-signature"):
        Providers.from_folder(pinned)


def test_unsigned_metadata_where_a_certificate_is_pinned(pinned: Path, standard_key: Key) -> None:
    plain = factories.metadata(STANDARD_ID, [standard_key.certificate]).partition("-->")[2]
    (pinned / "miasto.xml").write_text(plain, "utf-8")
    with pytest.raises(ConfigurationError, match="unsigned"):
        Providers.from_folder(pinned)


def test_comment_in_signed_metadata_hides_nothing(pinned: Path) -> None:
    file = pinned / "miasto.xml"
    file.write_bytes(file.read_bytes().replace(b"idp.example.org/sso", b"idp.example.org<!-- -->/sso"))
    with pytest.raises(ConfigurationError, match="comment"):
        Providers.from_folder(pinned)


# --- while the portal runs


def answered(portal: ServiceProvider, provider: Provider, signer: Key, at: datetime) -> object:
    question = portal.authn_request(provider, at, "state")
    answer = said(question, STANDARD_ID, at)
    signed = sign(answer.response(), answer.response_id, signer)
    return portal.answer(provider, question.pending, posted(signed), at, Memory(), factories.no_fetch)


def test_provider_rolls_its_key_over(portal: ServiceProvider, folder: Path, standard_key: Key, at: datetime) -> None:
    """Both keys in the metadata for a while, then the new one alone; the portal is not started again."""
    provider = of(folder, "miasto")
    newer = factories.key(KeyKind.RSA, 4)
    with pytest.raises(Refused, match="bad-signature"):
        answered(portal, provider, newer, at)
    both = [standard_key.certificate, newer.certificate]
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, both))
    assert answered(portal, provider, standard_key, at)
    assert answered(portal, provider, newer, at)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, both[1:]))
    assert answered(portal, provider, newer, at)
    with pytest.raises(Refused, match="bad-signature"):
        answered(portal, provider, standard_key, at)


def test_metadata_end_while_running(portal: ServiceProvider, folder: Path, standard_key: Key, at: datetime) -> None:
    ends = at + timedelta(minutes=1)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [standard_key.certificate], valid_until=ends))
    provider = of(folder, "miasto")
    question = portal.authn_request(provider, at, "state")
    answer = said(question, STANDARD_ID, at)
    form = posted(sign(answer.response(), answer.response_id, standard_key))
    for act in (
        lambda: portal.answer(provider, question.pending, form, ends, Memory(), factories.no_fetch),
        lambda: portal.authn_request(provider, ends, "state"),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.reason is Reason.METADATA_EXPIRED
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [standard_key.certificate]))
    assert portal.authn_request(provider, ends, "state")


def test_certificate_of_the_provider_ends_while_running(portal: ServiceProvider, folder: Path, at: datetime) -> None:
    signer = factories.key(KeyKind.RSA, 2, begins=-10, ends=1)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [signer.certificate]))
    provider = of(folder, "miasto")
    assert answered(portal, provider, signer, at)
    with pytest.raises(Refused) as caught:
        portal.authn_request(provider, at + 2 * DAY, "state")
    assert caught.value.reason is Reason.CERTIFICATE_EXPIRED


def test_signed_with_a_key_whose_certificate_has_ended(
    portal: ServiceProvider, folder: Path, standard_key: Key, at: datetime
) -> None:
    """The provider has a newer one, too; the old one is not believed any more."""
    old = factories.key(KeyKind.RSA, 4, begins=-10, ends=-1)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [old.certificate, standard_key.certificate]))
    provider = of(folder, "miasto")
    assert answered(portal, provider, standard_key, at)
    with pytest.raises(Refused) as caught:
        answered(portal, provider, old, at)
    assert caught.value.reason is Reason.CERTIFICATE_EXPIRED


def test_broken_file_leaves_the_old_metadata_in_force(
    portal: ServiceProvider, folder: Path, standard_key: Key, at: datetime
) -> None:
    provider = of(folder, "miasto")
    write(folder / "miasto.xml", "<half")
    assert answered(portal, provider, standard_key, at)
    assert "metadata refused" in provider.source.broken
    (folder / "miasto.xml").unlink()
    assert answered(portal, provider, standard_key, at)
    assert "No such file" in provider.source.broken
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [standard_key.certificate]))
    assert answered(portal, provider, standard_key, at)
    assert not provider.source.broken


# --- health


def test_nothing_to_see_to(folder: Path, portal: ServiceProvider, at: datetime) -> None:
    assert health(Providers.from_folder(folder), portal.keys, at) == []
    assert health(Providers(), portal.keys, at) == []


def test_no_key_for_a_provider(folder: Path, own_rsa: Key, at: datetime) -> None:
    keys = factories.service_provider(own_rsa).keys
    assert health(Providers.from_folder(folder), keys, at) == [Finding(Trouble.NO_KEY, "pz", None, True)]


def test_what_ends_soon_and_what_has_ended(folder: Path, own_ec: Key, at: datetime) -> None:
    soon = factories.key(KeyKind.RSA, 2, begins=-10, ends=20)
    ends = at - timedelta(hours=1)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [soon.certificate], valid_until=ends))
    providers = Providers.from_folder(folder)
    write(folder / "pz.xml", "<half")
    rsa_ended = factories.key(KeyKind.RSA, 1, begins=-100, ends=-2)
    keys = factories.service_provider(own_ec, rsa_ended).keys
    found = health(providers, keys, at)
    assert [(finding.trouble, finding.name, finding.ended) for finding in found] == [
        (Trouble.METADATA_ENDS, "miasto", True),
        (Trouble.CERTIFICATE_ENDS, "miasto", False),
        (Trouble.METADATA_BROKEN, "pz", False),
        (Trouble.KEY_ENDS, "rsa-1.pem", True),
    ]
    assert found[0] == Finding(Trouble.METADATA_ENDS, "miasto", ends, True)
    assert found[1].ends == soon.certificate.not_valid_after_utc


def test_certificate_that_has_a_successor_is_no_trouble(
    folder: Path, standard_key: Key, portal: ServiceProvider, at: datetime
) -> None:
    soon = factories.key(KeyKind.RSA, 4, begins=-10, ends=5)
    write(folder / "miasto.xml", factories.metadata(STANDARD_ID, [soon.certificate, standard_key.certificate]))
    assert health(Providers.from_folder(folder), portal.keys, at) == []
    assert of(folder, "pz").source.current().entity_id == NATIONAL_ID
