"""Changing the site's configuration while the box lives: propose, check, restart, confirm, or return by itself."""
