"""The keyring, encrypted fields and files, and blind indexes."""
