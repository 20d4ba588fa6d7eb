"""The database engine `flagforge.postgresql`: Django's own, except that it does not wait for ever."""
