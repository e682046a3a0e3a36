"""Scripts of the repository itself; nothing of the product imports them and they are not shipped."""
