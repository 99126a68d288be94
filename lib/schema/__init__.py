"""Every table of the product, with its grain and the meaning of every column."""
