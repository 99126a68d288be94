"""How the product leaves this machine: the offline package and what stands in it."""
