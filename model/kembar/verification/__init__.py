"""Does the program do what the model says: limits with known answers, extreme conditions, every lever alone.

The checks stand here once: tests call them, and `make verification` writes what they found to docs/verification.md.
"""
