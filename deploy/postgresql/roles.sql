-- Three roles and a database: who owns the tables and migrates, who serves, who backs up. Run once, as a superuser:
--
--     psql -v database=flagforge -v owner_password=… -v application_password=… -v backup_password=… -f roles.sql
--
-- What serves is neither a superuser nor BYPASSRLS, so that row-level security holds for it.

CREATE ROLE flagforge_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE flagforge_application LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'application_password';
-- pg_dump has to see all rows. Nothing else connects as this role.
CREATE ROLE flagforge_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS PASSWORD :'backup_password';
GRANT pg_read_all_data TO flagforge_backup;

CREATE DATABASE :"database" OWNER flagforge_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO flagforge_application, flagforge_backup;

\connect :"database"

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO flagforge_owner;
GRANT USAGE ON SCHEMA public TO flagforge_application;
-- For all that the owner's migrations make, now and later.
ALTER DEFAULT PRIVILEGES FOR ROLE flagforge_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO flagforge_application;
ALTER DEFAULT PRIVILEGES FOR ROLE flagforge_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO flagforge_application;
ALTER DEFAULT PRIVILEGES FOR ROLE flagforge_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE flagforge_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO flagforge_application;
