"""Buckets: frozen for ever, the same in every language, and even."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.core.bucketing import bucket, bucketing_key, first_hash

VECTORS = Path(__file__).parents[2] / "vectors"
BUCKETS = json.loads((VECTORS / "bucketing.json").read_text())["cases"]
KEYS = json.loads((VECTORS / "bucketing_keys.json").read_text())["cases"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("case", BUCKETS, ids=[f"{case['salt'][:8]!a} {case['key'][:8]!a}" for case in BUCKETS])
def test_bucket_is_frozen(case: dict[str, Any]) -> None:
    found = bucket(case["salt"], case["key"])

    assert found == case["bucket"] == independent_bucket(case["salt"], case["key"])


def test_every_bucket_begins_at_its_first_hash() -> None:
    firsts = [first_hash(number) for number in range(100_001)]

    assert [(first * 100_000) >> 32 for first in firsts] == list(range(100_001))
    assert [((first - 1) * 100_000) >> 32 for first in firsts] == list(range(-1, 100_000))


@pytest.mark.parametrize("case", KEYS, ids=[case["name"] for case in KEYS])
def test_bucketing_key(case: dict[str, Any]) -> None:
    assert bucketing_key(case["attribute"]) == case["key"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**400, object(), b"ann"])
def test_what_only_a_program_can_pass_is_no_key(value: object) -> None:
    assert bucketing_key(value) is None


# Known values of MurmurHash3_x86_32, as published with its many ports.
PUBLISHED = [
    (b"", 0, 0x00000000),
    (b"", 1, 0x514E28B7),
    (b"", 0xFFFFFFFF, 0x81F16F39),
    (b"\xff\xff\xff\xff", 0, 0x76293B50),
    (b"!Ce\x87", 0, 0xF55B516B),
    (b"!Ce\x87", 0x5082EDEE, 0x2362F9DE),
    (b"!Ce", 0, 0x7E4A8634),
    (b"!C", 0, 0xA0F7B07A),
    (b"!", 0, 0x72661CF4),
    (b"\0\0\0\0", 0, 0x2362F9DE),
    (b"\0\0\0", 0, 0x85F0B427),
    (b"\0\0", 0, 0x30F4C306),
    (b"\0", 0, 0x514E28B7),
    (b"hello", 0, 0x248BFA47),
    (b"hello, world", 0, 0x149BBB7F),
    (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
]


@pytest.mark.parametrize(("data", "seed", "published"), PUBLISHED)
def test_the_independent_hash_gives_the_published_values(data: bytes, seed: int, published: int) -> None:
    assert murmur3_x86_32(data, seed) == published


@given(TEXT, TEXT)
def test_bucket_agrees_with_the_independent_one(salt: str, key: str) -> None:
    found = bucket(salt, key)

    assert found == independent_bucket(salt, key)
    assert 0 <= found < 100_000


def test_salt_and_key_are_kept_apart() -> None:
    assert bucket("a", "bc") != bucket("ab", "c")


def test_buckets_are_even() -> None:
    counts = [0] * 100
    for number in range(100_000):
        counts[bucket("even", f"user-{number}") // 1_000] += 1

    chi_squared = sum((count - 1_000) ** 2 / 1_000 for count in counts)
    assert chi_squared < 148.2  # 99 degrees of freedom, p = 0.001; the input is fixed, so this cannot flicker


def test_two_salts_are_independent() -> None:
    users = [f"user-{number}" for number in range(40_000)]
    first = [user for user in users if bucket("one", user) < 50_000]

    both = sum(bucket("two", user) < 50_000 for user in first)

    assert abs(both / len(first) - 0.5) < 0.015


def independent_bucket(salt: str, key: str) -> int:
    return (murmur3_x86_32(salt.encode() + b"\x00" + key.encode()) * 100_000) >> 32


def murmur3_x86_32(data: bytes, seed: int = 0) -> int:
    value = seed
    body = len(data) - len(data) % 4
    for start in range(0, body, 4):
        value = rotated(value ^ scrambled(data[start : start + 4]), 13)
        value = (value * 5 + 0xE6546B64) & 0xFFFFFFFF
    value ^= scrambled(data[body:]) ^ len(data)
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return value ^ (value >> 16)


def scrambled(block: bytes) -> int:
    word = (int.from_bytes(block, "little") * 0xCC9E2D51) & 0xFFFFFFFF
    return (rotated(word, 15) * 0x1B873593) & 0xFFFFFFFF


def rotated(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF
