"""What is done to Vigie on purpose: `make attack`. A module here is an attack, with

    def run(seed: int, scale: float) -> Iterable[tuple[str, int, int, str]]

one row for each kind of attack: what was done, how often it was tried, how often Vigie held, a note. `scale` 1.0 is
the long run; a small one still tries each kind at least once.
"""
