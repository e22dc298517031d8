"""Tests of the requests, the notice and the record."""
