"""The app: one page in the browser that asks the model "what if", served on this machine alone."""
