"""Work as rows: jobs, the outbox, imports and their sources."""
