"""One I/O-free framer per line protocol: bytes to Telegrams. Which there are is said in drivers/registry.py."""
