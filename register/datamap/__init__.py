"""What a datum is, why a row is held and how long: the vocabulary and the catalogue."""
