"""Redis: whether it answers, lets us do what we do, and may throw away what we keep there."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import redis
from django.conf import settings
from redis.exceptions import NoPermissionError, ResponseError

from flagforge.doctor.findings import Finding, fault, ok, warning

# What cache, buckets and wake-ups take of every user, on a key of the cache: deploy/redis/users.acl.
COMMANDS = (
    *(
        "SET {key} 1",
        "GET {key}",
        "INCRBY {key} 1",
        "EXISTS {key}",
        "EXPIRE {key} 30",
        "TTL {key}",
        "MGET {key}",
        "TIME",
    ),
    *("DEL {key}", "HSET {key} a 1", "HGET {key} a", "HDEL {key} a", "EVAL return(1) 1 {key}", "DEL {key}"),
)
CHANNEL = "flagforge_manifests"  # evaluation.manifest.announce
USERS = "Give the user what deploy/redis/users.acl lists."


def redis_server() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield ok("redis", "Not used: the database and a folder do its work.")
        return
    client: Any = redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS)
    with closing(client):
        try:
            client.ping()
        except redis.RedisError as error:
            said = f"It does not answer ({type(error).__name__}: {error})."
            yield fault("redis", said, "Start it, or correct REDIS_URL: host, port, user, password.")
            return
        yield ok("redis", "It answers.")
        yield from _commands(client)
        yield from _eviction(client)


def _commands(client: Any) -> Iterator[Finding]:
    key = f":1:flagforge-doctor-{secrets.token_hex(4)}"
    refused = [command.split()[0] for command in COMMANDS if not _may(client, *command.format(key=key).split())]
    if not _may_listen(client):
        refused.append(f"SUBSCRIBE {CHANNEL}")
    if refused:
        yield fault("redis commands", f"This user may not {', '.join(dict.fromkeys(refused))}.", USERS)
    else:
        yield ok("redis commands", "This user may do all that cache and wake-ups take.")


def _may(client: Any, *words: str) -> bool:
    try:
        client.execute_command(*words)
    except NoPermissionError:
        return False
    return True


def _may_listen(client: Any) -> bool:
    try:
        with client.pubsub() as subscription:
            subscription.subscribe(CHANNEL)
            subscription.get_message(timeout=0.5)
    except NoPermissionError:
        return False
    return True


def _eviction(client: Any) -> Iterator[Finding]:
    """The least user may not ask for it, which is no fault."""
    try:
        memory = client.info("memory")
    except (NoPermissionError, ResponseError):
        yield ok("redis eviction", "This user may not ask; it should be noeviction, or a volatile policy.")
        return
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys") and memory.get("maxmemory"):
        said = f"With {policy} a full Redis throws the worker's messages away, not only what is cached."
        yield warning("redis eviction", said, "Set maxmemory-policy to noeviction or volatile-lru.")
    else:
        yield ok("redis eviction", f"{policy}.")
