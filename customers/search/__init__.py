"""Search: what a person types is folded, its kind is guessed, and tokens are compared by `=` and by range."""
