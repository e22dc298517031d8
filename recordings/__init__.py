"""Calls: encrypted audio and the reasons for listening."""
