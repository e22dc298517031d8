"""The work list of payments: what wants a person, and what a person may do with it."""
