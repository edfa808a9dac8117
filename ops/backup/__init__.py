"""Backup and restore of everything that cannot be made again: databases, object stores and the home folder."""
