"""How fast it is: pages as a visitor meets them, questions against the usual ways, imports, memory."""
