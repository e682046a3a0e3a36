"""The site file: YAML to a compiled Site, every mistake at once with its line and cure. `run` never imports this package."""
