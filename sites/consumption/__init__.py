"""The consumption of sites: day rows, their store, the import of files, and what charts ask."""
