"""A class of mayors: a session on the local network, in which teams decide for cities of one world, and its debrief."""
