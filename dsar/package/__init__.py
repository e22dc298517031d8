"""The package of all that the register has of a person: built by walking the data map, streamed, never whole in memory.

Dangerous if wrong: it leaves the house. Rows are read within the scope of the person, so that the database
itself withholds those of others, and of them only what the data map says is about the person.
"""
