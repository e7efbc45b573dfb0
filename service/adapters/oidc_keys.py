"""The issuer's public keys, as its JWK set (RFC 7517) tells them: only those that can check a signature we allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from service.adapters.jwt_header import LONGEST_KEY_ID, Header

MOST_KEYS: Final = 64
RSA_BITS: Final = range(2048, 8193)
ALGORITHMS: Final[Mapping[tuple[str, str | None], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""What each kind of key may check. Symmetric keys are none: a public key must never become a shared secret."""
ASYMMETRIC: Final = tuple(name for names in ALGORITHMS.values() for name in names)


@dataclass(frozen=True)
class KeySet:
    """Public keys by key id and algorithm."""

    keys: Mapping[tuple[str | None, str], Sequence[PyJWK]]

    def find(self, header: Header) -> Sequence[PyJWK]:
        """Keys that a token's header names; where it names none, the only key there is."""
        if header.key_id is not None:
            return self.keys.get((header.key_id, header.algorithm), ())
        fitting = [key for (_, name), keys in self.keys.items() if name == header.algorithm for key in keys]
        return fitting if len(fitting) == 1 else ()

    def __bool__(self) -> bool:
        return bool(self.keys)


def read_keys(document: object, allowed: Collection[str]) -> KeySet:
    """Read a JWK set; what is no public signing key of an allowed algorithm is left out.

    Parameters
    ----------
    document : the set as JSON values
    allowed : names out of `ASYMMETRIC`
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    keys: dict[tuple[str | None, str], list[PyJWK]] = defaultdict(list)
    for one in (listed if isinstance(listed, list) else [])[:MOST_KEYS]:
        for name in _algorithms(one) if isinstance(one, dict) else ():
            key = _key(one, name) if name in allowed else None
            if key is not None:
                keys[key.key_id, name].append(key)
    return KeySet(dict(keys))


def _algorithms(one: Mapping[str, Any]) -> tuple[str, ...]:
    """Algorithms that a key may be used with; none where it is not for checking signatures, or not public."""
    purposes, key_id = one.get("key_ops"), one.get("kid")
    told = key_id is None or (isinstance(key_id, str) and 0 < len(key_id) <= LONGEST_KEY_ID)
    checks = one.get("use", "sig") == "sig" and (not isinstance(purposes, list) or "verify" in purposes)
    if not told or not checks or "d" in one:
        return ()
    kind, curve = one.get("kty"), one.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    fitting = ALGORITHMS.get((kind, None if kind == "RSA" else curve), ())
    named = one.get("alg")
    return fitting if named is None else tuple(name for name in fitting if name == named)


def _key(one: dict[str, Any], name: str) -> PyJWK | None:
    try:
        key = PyJWK(one, name)
    except (PyJWTError, ValueError, TypeError):
        return None
    weak = isinstance(key.key, RSAPublicKey) and key.key.key_size not in RSA_BITS
    return None if weak else key
