#!/bin/sh
# Starts Redis with users.acl, in which each place for a password gets the hash of its own: WEB_PASSWORD, WORKER_PASSWORD.
# Further arguments are redis-server's.
set -eu

hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

umask 077
sed -e "/^user flagforge_web /s/<[^>]*>/$(hash "${WEB_PASSWORD:?}")/" \
    -e "/^user flagforge_worker /s/<[^>]*>/$(hash "${WORKER_PASSWORD:?}")/" \
    "${USERS:-/etc/redis/users.acl}" >"${WRITTEN:-/tmp/users.acl}"
exec redis-server --aclfile "${WRITTEN:-/tmp/users.acl}" --save "" --appendonly no "$@"
