"""What can be wrong with a backup, in sentences for whoever restores at night."""


class BackupFault(Exception):
    """The backup cannot be made, checked or restored; its text says why and what to do."""
