"""Files of the kinds that people have, made up; the right table of each stands beside it, written before the file was."""
