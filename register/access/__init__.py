"""Who reaches which rows: scopes, and the policies and grants of the database."""
