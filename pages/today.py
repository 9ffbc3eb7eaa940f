"""What should an analyst look at this morning?"""

import locales
from models import sales
from models.churn import explore
from ui import cards, store
from ui.text import _

customers_data, sales_data = store.active("customers"), store.active("sales")
cards.head(_("Today"), _("What should you look at this morning?"), customers_data, sales_data)

customers, days = store.frame(customers_data), store.days(sales_data)
churn, shop = explore.headline(customers), sales.pulse(days)
currency = sales_data.origin.currency or "EUR"


def change(share: float | None, against: str) -> str:
    """A change as a caption: "+4% against last week"."""
    if share is None:
        return _("nothing to compare with")
    return f"{'+' if share > 0 else ''}{locales.percent(share)} {against}"
