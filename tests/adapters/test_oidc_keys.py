"""The issuer's keys: found by discovery, read in the background, kept through outages, never asked for in storms."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.adapters import oidc_source
from service.adapters.jwt_header import Header
from service.adapters.oidc_cache import FRESH, GIVEN_UP, LAST_GOOD, PATIENCE_SECONDS, PAUSE, KeyCache
from service.adapters.oidc_keys import ASYMMETRIC, MOST_KEYS, read_keys
from service.adapters.oidc_source import IssuerKeys, fetch_json
from service.recommender.errors import InvalidToken, IssuerUnavailable
from tests.coroutines import awaited
from tests.fakes import START, FakeClock
from tests.oidc_issuer import DISCOVERY, OidcIssuer, public_jwk

KEY = Header("RS256", "first")
STRANGER = Header("RS256", "stranger")


@pytest.fixture
def issuer() -> Iterator[OidcIssuer]:
    with OidcIssuer(lambda: START) as serving:
        serving.add_key("first")
        yield serving


@pytest.fixture
def cache(issuer: OidcIssuer, clock: FakeClock) -> KeyCache:
    return KeyCache(IssuerKeys(issuer.url, ASYMMETRIC).read, clock)


def find(cache: KeyCache, header: Header = KEY) -> object:
    return awaited(cache.find(header))


def settled(cache: KeyCache) -> None:
    """Wait for the read under way."""
    reading = cache._reading
    assert reading is not None
    reading.result(10)


def test_keys_are_read_once_and_used_from_memory(issuer, cache):
    assert not cache.is_ready()
    settled(cache)
    assert cache.is_ready()
    for _ in range(20):
        assert find(cache)
    assert issuer.asked == {DISCOVERY: 1, "/keys": 1}


def test_the_first_tokens_wait_for_one_read_together(issuer, cache):
    async def many() -> list[object]:
        return await asyncio.gather(*(cache.find(KEY) for _ in range(50)))

    assert all(awaited(many()))
    assert issuer.asked == {DISCOVERY: 1, "/keys": 1}


def test_old_keys_serve_on_while_newer_ones_are_read_behind(issuer, cache, clock):
    find(cache)
    clock.advance(FRESH + timedelta(seconds=1))
    issuer.held.clear()
    begun = time.perf_counter()
    assert find(cache), "nobody waits for it"
    assert time.perf_counter() - begun < 0.5
    issuer.held.set()
    settled(cache)
    assert issuer.asked["/keys"] == 2


def test_a_retired_key_holds_no_longer_than_until_the_next_read(issuer, cache, clock):
    find(cache)
    issuer.add_key("second")
    issuer.retire("first")
    clock.advance(FRESH + timedelta(seconds=1))
    find(cache)
    settled(cache)
    with pytest.raises(InvalidToken):
        find(cache)
    assert find(cache, Header("RS256", "second"))


def test_a_new_key_is_found_at_once_after_the_pause(issuer, cache, clock):
    find(cache)
    issuer.add_key("second")
    clock.advance(PAUSE)
    assert find(cache, Header("RS256", "second"))
    assert issuer.asked["/keys"] == 2


def test_random_key_ids_cause_one_read_in_each_interval(issuer, cache, clock):
    find(cache)
    for interval in range(1, 4):
        clock.advance(PAUSE)
        for number in range(40):
            with pytest.raises(InvalidToken, match="does not have"):
                find(cache, Header("RS256", f"random-{interval}-{number}"))
        assert issuer.asked["/keys"] == 1 + interval


def test_random_key_ids_cause_no_storm_on_an_issuer_that_fails(issuer, cache, clock):
    issuer.failing = True
    for number in range(40):
        with pytest.raises(IssuerUnavailable, match="try again"):
            find(cache, Header("RS256", f"random-{number}"))
    assert issuer.asked == {DISCOVERY: 1}


def test_the_last_good_keys_hold_through_an_outage_of_a_day(issuer, cache, clock):
    find(cache)
    issuer.failing = True
    for hours in (1, 8, 23):
        clock.advance(START + timedelta(hours=hours) - clock.now())
        assert find(cache)
        settled(cache)
        with pytest.raises(IssuerUnavailable):
            find(cache, STRANGER)
    assert cache.is_ready()
    clock.advance(LAST_GOOD)
    with pytest.raises(IssuerUnavailable):
        find(cache)
    assert not cache.is_ready()
    issuer.failing = False
    clock.advance(PAUSE)
    assert find(cache)


def test_an_issuer_that_hangs_holds_a_request_for_a_moment_and_no_thread_for_each(issuer, cache):
    issuer.held.clear()
    before = threading.active_count()

    async def many() -> list[object]:
        return await asyncio.gather(*(cache.find(Header("RS256", str(one))) for one in range(100)), return_exceptions=True)

    begun = time.perf_counter()
    found = awaited(many())
    assert time.perf_counter() - begun < PATIENCE_SECONDS + 1
    assert all(isinstance(one, IssuerUnavailable) for one in found)
    assert threading.active_count() <= before + 3, "one that reads, and those of the issuer itself"


def test_the_loop_turns_on_while_keys_are_read(issuer, cache):
    async def turns() -> int:
        reading, counted = asyncio.ensure_future(cache.find(KEY)), 0
        while not reading.done():
            await asyncio.sleep(0.01)
            counted += 1
            if counted == 20:
                issuer.held.set()
        await reading
        return counted

    issuer.held.clear()
    assert awaited(turns()) >= 20


def test_a_read_that_is_lost_does_not_end_reading(clock):
    reads = []

    def read() -> Any:
        reads.append(1)
        if len(reads) == 1:
            threading.Event().wait(30)
        if len(reads) == 2:
            raise RuntimeError("a fault of our own")
        return read_keys({"keys": [public_jwk(rsa.generate_private_key(65_537, 2_048), "RS256", "first")]}, ASYMMETRIC)

    cache = KeyCache(read, clock)
    assert not cache.is_ready()
    clock.advance(GIVEN_UP)
    for _ in range(2):
        with pytest.raises(IssuerUnavailable):
            find(cache, STRANGER if len(reads) > 1 else KEY)
        clock.advance(PAUSE)
        if len(reads) == 2:
            break
    assert find(cache)


@pytest.mark.parametrize("document", [
    b"not JSON", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"keys": []}', b'{"keys": 7}', b'{"keys": [7, null, {}]}',
    b" " * (oidc_source.MOST_BYTES + 1), json.dumps({"location": "http://127.0.0.1:1/"}).encode(),
])
def test_a_key_set_that_is_none_counts_as_an_outage(issuer, document):
    issuer.documents["/keys"] = document
    with pytest.raises(IssuerUnavailable):
        IssuerKeys(issuer.url, ASYMMETRIC).read()


@pytest.mark.parametrize(("change", "told"), [
    ({"issuer": "https://evil.example"}, "another issuer"), ({"issuer": None}, "another issuer"),
    ({"jwks_uri": None}, "no safe address"), ({"jwks_uri": "file:///etc/passwd"}, "no safe address"),
    ({"jwks_uri": "ftp://127.0.0.1/keys"}, "no safe address"), ({"jwks_uri": 7}, "no safe address"),
])
def test_a_discovery_document_of_another_is_refused(issuer, change, told):
    issuer.documents[DISCOVERY] |= change
    with pytest.raises(IssuerUnavailable, match=told):
        IssuerKeys(issuer.url, ASYMMETRIC).read()


def test_keys_that_moved_are_found_again(issuer):
    source = IssuerKeys(issuer.url, ASYMMETRIC)
    assert source.read()
    issuer.documents["/moved"] = issuer.documents.pop("/keys")
    issuer.documents[DISCOVERY]["jwks_uri"] = f"{issuer.url}/moved"
    with pytest.raises(IssuerUnavailable):
        source.read()
    assert source.read()


def test_with_the_address_of_the_keys_there_is_no_discovery(issuer):
    assert IssuerKeys("https://issuer.invalid/", ASYMMETRIC, f"{issuer.url}/keys").read()
    assert issuer.asked == {"/keys": 1}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:application/json,{}", "http://127.0.0.1:1/"])
def test_only_http_is_fetched_and_a_dead_address_says_so(url):
    with pytest.raises(IssuerUnavailable):
        fetch_json(url)


def test_an_answer_that_trickles_is_given_up(issuer, monkeypatch):
    monkeypatch.setattr(oidc_source, "LONGEST_SECONDS", 0.2)
    issuer.held.clear()
    begun = time.perf_counter()
    with pytest.raises(IssuerUnavailable):
        fetch_json(f"{issuer.url}/keys")
    assert time.perf_counter() - begun < 2


RSA, EC = rsa.generate_private_key(65_537, 2_048), ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(("jwk", "algorithms"), [
    (public_jwk(RSA, "RS256", "k"), {"RS256"}), (public_jwk(RSA, "PS384", "k"), {"PS384"}),
    (public_jwk(RSA, "RS256", "k", alg=None), {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    (public_jwk(EC, "ES256", "k", alg=None), {"ES256"}), (public_jwk(EC, "ES256", "k", key_ops=["verify"]), {"ES256"}),
    (public_jwk(EC, "ES256", "k", alg="ES512"), set()), (public_jwk(EC, "ES256", "k", crv="P-521"), set()),
    (public_jwk(RSA, "RS256", "k", alg="HS256"), set()), (public_jwk(RSA, "RS256", "k", use="enc"), set()),
    (public_jwk(RSA, "RS256", "k", key_ops=["sign"]), set()), (public_jwk(RSA, "RS256", "k", d="AQAB"), set()),
    (public_jwk(RSA, "RS256", "x" * 257), set()), (public_jwk(RSA, "RS256", "k", kid=["k"]), set()),
    (public_jwk(RSA, "RS256", "k", n="AQAB"), set()), (public_jwk(RSA, "RS256", "k", n="%"), set()),
    (public_jwk(rsa.generate_private_key(65_537, 1_024), "RS256", "k"), set()),  # noqa: S505 - weak on purpose
    ({"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "k", "alg": "HS256"}, set()),
    ({"kty": ["RSA"], "kid": "k"}, set()), ({"kty": "EC", "crv": {"a": 1}, "kid": "k"}, set()), ({}, set()),
])
def test_only_public_keys_that_check_an_allowed_signature_are_used(jwk, algorithms):
    assert {name for _, name in read_keys({"keys": [jwk]}, ASYMMETRIC).keys} == algorithms


def test_a_key_without_a_name_is_found_where_it_is_the_only_one():
    unnamed, other = public_jwk(RSA, "RS256", None), public_jwk(EC, "ES256", "other")
    keys = read_keys({"keys": [unnamed, other]}, ASYMMETRIC)
    assert len(keys.find(Header("RS256", None))) == 1
    assert not keys.find(Header("RS256", "k"))
    both = read_keys({"keys": [unnamed, public_jwk(RSA, "RS256", "second")]}, ASYMMETRIC)
    assert not both.find(Header("RS256", None))


def test_a_set_has_no_more_keys_than_any_issuer_needs():
    keys = read_keys({"keys": [public_jwk(RSA, "RS256", str(one)) for one in range(200)]}, ASYMMETRIC)
    assert len(keys.keys) == MOST_KEYS
