"""The staff's pages of the requests and of the record of processing."""
