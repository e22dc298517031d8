"""Where: sites, connections, meters, devices, contracts and consumption."""
