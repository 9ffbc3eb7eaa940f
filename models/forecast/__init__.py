"""What will sell, how sure that is, what a change would do to it, and how much stock it asks for."""

from models.forecast.combined import Forecast, backtest, forecast
from models.forecast.series import CannotForecast

__all__ = ["CannotForecast", "Forecast", "backtest", "forecast"]
