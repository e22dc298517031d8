"""Pages of the portal on where one lives: consumption, and contracts with their sites."""
