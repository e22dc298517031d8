"""The change log, the read log and the one way into a scope."""
