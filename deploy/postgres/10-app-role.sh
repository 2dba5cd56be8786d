#!/bin/sh
# Run once by the image, on an empty volume: the app gets a role and a database of its own, and is no superuser.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv password APP_PASSWORD
CREATE ROLE sallyport LOGIN PASSWORD :'password';
CREATE DATABASE sallyport OWNER sallyport;
REVOKE ALL ON DATABASE sallyport FROM PUBLIC;
SQL
