"""Pages of the portal on what the register holds of a person, and on what they may ask."""
