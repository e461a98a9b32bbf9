"""A development authority: certificates for the broker and for devices, and the list of those revoked.

Shell. ca.crt, ca.key            the authority itself
server.crt, server.key    the broker's certificate
crl.pem                   what is revoked; the broker needs it, even an empty one
issued/NAME.NUMBER.crt    every certificate that was issued
issued/NAME.NUMBER.key    its key, where it was made here

A certificate's common name is the user name that the broker then sees. Keys are not encrypted and lie on this disk,
which is good for development and for a fleet of one's own; an authority that others rely on keeps its key in hardware,
and vouch needs nothing of it but certificates of the same form.
"""

import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vouch.errors import Conflict, Invalid, NotFound, Unavailable
from vouch.files import replace_file, turn_in
from vouch.settings import Settings

# What the broker reads; its folder in front of each.
CA_CERTIFICATE: Final = "ca.crt"
SERVER_CERTIFICATE: Final = "server.crt"
SERVER_KEY: Final = "server.key"
REVOKED: Final = "crl.pem"

_CA_KEY: Final = "ca.key"
_ISSUED: Final = "issued"
_POLL_SECONDS: Final = 0.05
_CA_DAYS: Final = 3650
_SERVER_DAYS: Final = 825
# Clocks of devices differ: a certificate counts from a little before it was made.
_BACKDATED: Final = timedelta(minutes=5)
# The bound that X.520 sets for a common name.
_NAME_LENGTH_MAX: Final = 64
_KEY_MODE: Final = 0o600
_Read = TypeVar("_Read")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class BadCertificateName(Invalid):
    """A name that no certificate can carry."""

    def __init__(self, what: str, name: str, expected: str) -> None:
        super().__init__(f"{what} {name!r} cannot stand in a certificate: expected {expected}")


class BadRequest(Invalid):
    """A certificate signing request that cannot be granted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the certificate signing request cannot be granted: {reason}")


class NoAuthority(NotFound):
    """There is no development authority here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there is no authority in {folder}: `vouch ca init` makes one")


class BrokenAuthority(Unavailable):
    """The authority's folder cannot be read or written, or holds something else."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"the authority cannot be used: {file}: {reason}")


class NothingToRevoke(NotFound):
    """No certificate of this name is in force."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} has no certificate that is not revoked: `vouch ca show` lists them")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that was issued, for whom and for how long: from <= t <= until."""

    name: str
    serial: int
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    file: Path


def authority_folder(settings: Settings) -> Path:
    """Where the authority is, or would be, as settings have it."""
    return settings.ca_folder or settings.home.absolute() / "ca"


def is_authority(folder: Path) -> bool:
    """Whether a broker can serve TLS with what is in this folder."""
    return all((folder / name).is_file() for name in (CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY, REVOKED))


class Authority:
    """The authority in one folder. Instants are taken as arguments; a revocation may wait for the next second."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder = folder
        self.certificate = certificate
        self._key = key

    @classmethod
    def make(cls, folder: Path, now: datetime) -> Self:
        """A new authority in a folder that has none. Raises Conflict where there is one."""
        if (folder / CA_CERTIFICATE).exists():
            raise Conflict(f"there is an authority in {folder} already")
        try:
            (folder / _ISSUED).mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise BrokenAuthority(folder, str(error)) from error
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("vouch development authority")
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            _blank(name, name, key.public_key(), now, _CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        made = cls(folder, certificate, key)
        _write(folder / _CA_KEY, _pem_of_key(key), _KEY_MODE)
        made._write_revoked([], now - _BACKDATED)
        # Last: with it, the authority is there.
        _write(folder / CA_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
        return made

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The authority in this folder. Raises NoAuthority, BrokenAuthority."""
        if not (folder / CA_CERTIFICATE).exists():
            raise NoAuthority(folder)
        certificate = _read(folder / CA_CERTIFICATE, x509.load_pem_x509_certificate)
        key = _read(folder / _CA_KEY, lambda pem: serialization.load_pem_private_key(pem, None))
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise BrokenAuthority(folder / _CA_KEY, f"this is not the key of {CA_CERTIFICATE}")
        return cls(folder, certificate, key)

    def pem(self) -> str:
        """The authority's certificate, for whoever shall believe what it signs."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def certify_server(self, names: Sequence[str], now: datetime) -> datetime:
        """Give the broker a new certificate and key for these host names and IP addresses; until when it is valid."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            "vouch broker", key.public_key(), now, _SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH, names
        )
        _write(self.folder / SERVER_KEY, _pem_of_key(key), _KEY_MODE)
        _write(self.folder / SERVER_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
        return certificate.not_valid_after_utc

    def server(self) -> tuple[datetime, list[str]]:
        """Until when the broker's certificate is valid, and for which names."""
        certificate = _read(self.folder / SERVER_CERTIFICATE, x509.load_pem_x509_certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return certificate.not_valid_after_utc, [str(name.value) for name in names]

    def issue(
        self, name: str, now: datetime, days: int, request: bytes | None = None
    ) -> tuple[Certificate, Path | None]:
        """A certificate for `name`, valid for so many days, and the file of its key.

        With `request`, a signing request in PEM, the key stays with whoever made it, and only its public half is
        taken from there. Earlier certificates of that name stay valid. Raises BadCertificateName, BadRequest.
        """
        if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH_MAX:
            raise BadCertificateName("the name", name, "at most 64 letters, digits and . _ -")
        key = None if request else ec.generate_private_key(ec.SECP256R1())
        public = key.public_key() if key else _requested_key(request or b"")
        certificate = self._sign(name, public, now, days, ExtendedKeyUsageOID.CLIENT_AUTH)
        stem = self.folder / _ISSUED / f"{name}.{certificate.serial_number:040x}"
        file, key_file = stem.with_name(f"{stem.name}.crt"), stem.with_name(f"{stem.name}.key")
        if key:
            _write(key_file, _pem_of_key(key), _KEY_MODE)
        _write(file, certificate.public_bytes(serialization.Encoding.PEM))
        return _described(certificate, None, file), key_file if key else None

    def revoke(self, name: str, now: datetime) -> int:
        """Revoke every certificate of that name; returns how many were in force. Raises NothingToRevoke."""
        with turn_in(self.folder):
            revoked = self._revoked()
            found = [one for one in self.issued(now, name) if one.revoked_at is None]
            if not found:
                raise NothingToRevoke(name)
            # Of two lists the broker takes the newer one, and their times are whole seconds.
            at = max(now.replace(microsecond=0), revoked.last_update_utc + timedelta(seconds=1))
            blank = x509.RevokedCertificateBuilder()
            entries = [blank.serial_number(one.serial).revocation_date(at).build() for one in found]
            while datetime.now(UTC) < at:
                time.sleep(_POLL_SECONDS)
            self._write_revoked([*revoked, *entries], at)
        return len(found)

    def issued(self, now: datetime, name: str | None = None) -> list[Certificate]:
        """What was issued and has not run out by `now`, by name and then oldest first."""
        revoked = {entry.serial_number: entry.revocation_date_utc for entry in self._revoked()}
        found = []
        for file in sorted((self.folder / _ISSUED).glob("*.crt")):
            if name is None or file.name.startswith(f"{name}."):
                certificate = _read(file, x509.load_pem_x509_certificate)
                found.append(_described(certificate, revoked.get(certificate.serial_number), file))
        kept = (one for one in found if one.valid_until >= now and name in (None, one.name))
        return sorted(kept, key=lambda one: (one.name, one.valid_from))

    def _sign(
        self,
        name: str,
        public: CertificatePublicKeyTypes,
        now: datetime,
        days: int,
        use: x509.ObjectIdentifier,
        hosts: Iterable[str] = (),
    ) -> x509.Certificate:
        key_id = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (
            _blank(_named(name), self.certificate.subject, public, now, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id),
                critical=False,
            )
        )
        others = [_alternative(host) for host in hosts]
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _revoked(self) -> x509.CertificateRevocationList:
        return _read(self.folder / REVOKED, x509.load_pem_x509_crl)

    def _write_revoked(self, entries: Iterable[x509.RevokedCertificate], at: datetime) -> None:
        # Its end is that of the authority: the broker reads the file from here, and one that had run out
        # would shut out everybody.
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.certificate.subject,
            last_update=at,
            next_update=self.certificate.not_valid_after_utc,
            revoked_certificates=list(entries),
        )
        _write(self.folder / REVOKED, builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _blank(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, now: datetime, days: int
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _BACKDATED,
        not_valid_after=now + timedelta(days=days),
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not re.fullmatch(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?", host):
        raise BadCertificateName("the host name", host, "a host name in ASCII or an IP address")
    return x509.DNSName(host)


def _requested_key(request: bytes) -> CertificatePublicKeyTypes:
    try:
        asked = x509.load_pem_x509_csr(request)
        if not asked.is_signature_valid:
            raise BadRequest("its signature does not hold")
        return asked.public_key()
    except ValueError as error:
        raise BadRequest(f"expected one in PEM: {error}") from error


def _described(certificate: x509.Certificate, revoked_at: datetime | None, file: Path) -> Certificate:
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return Certificate(
        str(name),
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        revoked_at,
        file,
    )


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, pem: bytes, mode: int = 0o644) -> None:
    try:
        replace_file(file, pem, mode)
    except OSError as error:
        raise BrokenAuthority(file, str(error)) from error


def _read(file: Path, load: Callable[[bytes], _Read]) -> _Read:
    try:
        return load(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BrokenAuthority(file, str(error)) from error
