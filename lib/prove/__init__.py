"""`python -m lib prove`: what the analyses claim, tried on cities whose truth is known."""
