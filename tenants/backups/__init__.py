"""Backups of the whole database as one encrypted file that both databases read, and what moves rows between databases.

`rows` reads all tables in one snapshot, `loading` writes them into a database, `files` is how they are written down between.
"""
