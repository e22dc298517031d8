"""Backups: a dump of the database that only a key kept elsewhere opens, the files, and a way back."""
