"""The demonstration register: made-up people, real shapes."""
