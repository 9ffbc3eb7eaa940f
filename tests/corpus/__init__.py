"""Files of the kinds that people have, made up; the right table of each, written before it, stands beside it."""
