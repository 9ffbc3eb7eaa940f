"""Who leaves, why, and what would keep them. `train` makes a model; the modules say what can be asked of it."""

from models.churn.training import train

__all__ = ["train"]
