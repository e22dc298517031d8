"""The customer files of the Finnish Datahub: read exactly, in bounded memory, millions of readings a second."""
