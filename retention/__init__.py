"""When it goes: plan, holds, purge and ledger."""
