"""PostgreSQL and Valkey from wheels, for development, demonstration and tests; never production.

No module here imports Django at its top, so that the settings may ask it for addresses.
"""
