"""The development authority: what it issues, what it refuses, what it keeps to itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store

from vouch.authority import Authority, BadCertificateName, BrokenAuthority, NoAuthority, NothingToRevoke, is_authority
from vouch.errors import Conflict

NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path / "ca", NOW)


def test_a_folder_is_complete_once_the_broker_has_its_certificate(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path / "ca", NOW)
    assert not is_authority(authority.folder)

    until = authority.certify_server(["localhost", "::1", "mqtt.example.net"], NOW)

    assert is_authority(authority.folder)
    assert authority.server() == (until, ["localhost", "::1", "mqtt.example.net"])
    assert 800 < (until - NOW).days <= 825


def test_keys_are_for_their_owner_and_certificates_for_everybody(authority: Authority) -> None:
    authority.certify_server(["localhost"], NOW)
    issued, key = authority.issue("press-7", NOW, 30)

    def mode(file: Path | None) -> int:
        assert file is not None
        return stat.S_IMODE(file.stat().st_mode)

    assert [mode(file) for file in (authority.folder / "ca.key", authority.folder / "server.key", key)] == [0o600] * 3
    assert [mode(file) for file in (authority.folder / "ca.crt", authority.folder / "crl.pem", issued.file)] == [
        0o644
    ] * 3


def test_a_certificate_is_one_that_a_strict_reader_accepts(authority: Authority) -> None:
    issued, _ = authority.issue("press-7", NOW, 30)
    certificate = x509.load_pem_x509_certificate(issued.file.read_bytes())
    # A common name is what the broker goes by; the web's rules want an alternative name too.
    policy = ExtensionPolicy.permit_all().may_be_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    verifier = (
        PolicyBuilder()
        .store(Store([authority.certificate]))
        .time(NOW)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=policy)
        .build_client_verifier()
    )

    assert len(verifier.verify(certificate, []).chain) == 2
    assert certificate.subject.rfc4514_string() == "CN=press-7"
    assert issued.valid_until == (NOW + timedelta(days=30)).replace(microsecond=0)


def test_an_opened_authority_signs_as_the_one_that_was_made(authority: Authority) -> None:
    issued, _ = Authority.open(authority.folder).issue("press-7", NOW, 1)

    x509.load_pem_x509_certificate(issued.file.read_bytes()).verify_directly_issued_by(authority.certificate)
    with pytest.raises(Conflict):
        Authority.make(authority.folder, NOW)


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 65, "-a", "press+7"])
def test_a_name_that_the_broker_could_not_use_gets_no_certificate(authority: Authority, name: str) -> None:
    with pytest.raises(BadCertificateName):
        authority.issue(name, NOW, 1)


@pytest.mark.parametrize("host", ["a b", "https://host", "", "höst"])
def test_a_host_is_a_name_or_an_address(authority: Authority, host: str) -> None:
    with pytest.raises(BadCertificateName):
        authority.certify_server([host], NOW)


def test_revoking_takes_all_of_a_name_and_none_of_another(authority: Authority) -> None:
    for name in ("press-7", "press-7", "press-7.1", "press"):
        authority.issue(name, NOW, 30)

    assert authority.revoke("press-7", NOW) == 2

    assert [(one.name, one.revoked_at is not None) for one in authority.issued(NOW)] == [
        ("press", False),
        ("press-7", True),
        ("press-7", True),
        ("press-7.1", False),
    ]
    with pytest.raises(NothingToRevoke):
        authority.revoke("press-7", NOW)
    assert authority.issued(NOW + timedelta(days=31)) == []


def test_each_list_of_revoked_is_newer_than_the_one_before(authority: Authority) -> None:
    def updated_at() -> datetime:
        return x509.load_pem_x509_crl((authority.folder / "crl.pem").read_bytes()).last_update_utc

    times = [updated_at()]
    for name in ("press-1", "press-2"):
        authority.issue(name, NOW, 30)
        authority.revoke(name, NOW)
        times.append(updated_at())

    assert times == sorted(set(times))
    assert times[-1] <= datetime.now(UTC)


def test_revocations_at_once_are_all_kept(authority: Authority) -> None:
    names = [f"press-{number}" for number in range(3)]
    for name in names:
        authority.issue(name, NOW, 30)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda name: authority.revoke(name, NOW), names))

    assert all(one.revoked_at for one in authority.issued(NOW))


def test_an_authority_that_was_not_finished_is_made_anew(authority: Authority) -> None:
    (authority.folder / "ca.crt").unlink()

    with pytest.raises(NoAuthority):
        Authority.open(authority.folder)
    Authority.make(authority.folder, NOW)
    Authority.open(authority.folder).issue("press-7", NOW, 1)


def test_a_folder_that_is_none_and_one_with_a_foreign_key_are_told_apart(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(NoAuthority, match="vouch ca init"):
        Authority.open(tmp_path)

    other = Authority.make(tmp_path / "other", NOW)
    (authority.folder / "ca.key").write_bytes((other.folder / "ca.key").read_bytes())
    with pytest.raises(BrokenAuthority, match="not the key of"):
        Authority.open(authority.folder)

    (authority.folder / "ca.key").write_bytes(b"no key")
    with pytest.raises(BrokenAuthority, match=r"ca\.key"):
        Authority.open(authority.folder)


def test_the_key_of_a_request_stays_where_it_is(authority: Authority) -> None:
    own, key = authority.issue("press-8", NOW, 1)
    assert key is not None
    request = (
        x509.CertificateSigningRequestBuilder(x509.Name([]))
        .sign(serialization.load_pem_private_key(key.read_bytes(), None), hashes.SHA256())  # type: ignore[arg-type]
        .public_bytes(serialization.Encoding.PEM)
    )

    issued, none = authority.issue("press-7", NOW, 1, request)

    assert none is None
    certificate = x509.load_pem_x509_certificate(issued.file.read_bytes())
    assert certificate.public_key() == x509.load_pem_x509_certificate(own.file.read_bytes()).public_key()
    assert certificate.subject.rfc4514_string() == "CN=press-7"
