#!/bin/sh
# Run once by PostgreSQL's image, on an empty folder: the database and its three roles.
set -eu

psql --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --set ON_ERROR_STOP=1 --set database=flagforge \
    --set owner_password="${DATABASE_OWNER_PASSWORD:?}" \
    --set application_password="${DATABASE_APPLICATION_PASSWORD:?}" \
    --set backup_password="${DATABASE_BACKUP_PASSWORD:?}" \
    --file "${ROLES:-/etc/postgresql/roles.sql}"
