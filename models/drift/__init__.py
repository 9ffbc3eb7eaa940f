"""Whether the data still look like the data the models learned from."""
