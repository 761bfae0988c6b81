"""What the served pages have in common: the guard before them, bounded requests, refusals, and listening."""
