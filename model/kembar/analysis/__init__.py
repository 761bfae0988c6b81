"""Analysis of results: one method to a file. Nothing here sees the model, only tables and arrays out of it."""
