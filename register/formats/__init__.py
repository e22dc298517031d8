"""How the register writes dates, times and numbers, by language; Django asks here first (FORMAT_MODULE_PATH)."""
