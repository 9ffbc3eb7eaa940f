"""The state database of this server."""

import settings
from data import state


def engine() -> state.Engine:
    """It as the settings name it; opened once (`data.state.engine`)."""
    return state.engine(settings.get().database_url)
