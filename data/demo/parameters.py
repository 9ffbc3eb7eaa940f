"""Every number and word list behind the demo data: the telco customers first, then the gift retailer."""

from dataclasses import dataclass

# --- Customers -----------------------------------------------------------------------------------------------------
# A chain of choices, each drawn given those before it, as logistic regressions found them in IBM's public Telco churn
# file (github.com/IBM/telco-customer-churn-on-icp4d). Coefficients are log-odds. A name is a feature that is 1 when
# true, except `base` (always 1), `log_tenure` (log of 1 + months) and `years` (tenure in years).

CONTRACT_SHARES = (0.550, 0.209, 0.241)  # month-to-month, one year, two year

# Months since joining: many newcomers on monthly contracts, many loyal customers on long ones (a U overall).
TENURE_UP_TO = (0, 1, 2, 3, 6, 12, 24, 36, 48, 60, 66, 69, 71, 72)  # upper end of each bin; uniform inside
TENURE_SHARES = (  # one row a contract, per thousand
    (0.0, 155.9, 59.4, 49.3, 100.1, 149.9, 190.2, 125.4, 81.5, 60.4, 18.8, 6.2, 2.3, 0.5),
    (0.7, 4.8, 4.8, 4.1, 12.2, 57.7, 133.7, 169.7, 181.9, 217.9, 107.9, 55.7, 37.3, 11.5),
    (5.9, 1.2, 0.6, 1.8, 7.7, 23.0, 53.1, 56.6, 105.0, 163.4, 136.3, 110.3, 132.7, 202.4),
)

INTERNET = {  # against DSL
    "Fiber optic": {"base": 0.28, "log_tenure": -0.12, "years": 0.38, "one_year": -1.34, "two_year": -2.14},
    "No": {"base": -0.32, "log_tenure": -0.08, "years": -0.37, "one_year": 1.28, "two_year": 2.36},
}
SENIOR = {"base": -2.05, "log_tenure": -0.07, "years": 0.21, "one_year": -0.76, "two_year": -1.25, "fibre": 0.95,
          "no_internet": -1.01}  # fmt: skip
PARTNER = {"base": -1.67, "log_tenure": 0.28, "years": 0.19, "one_year": 0.19, "two_year": 0.5, "senior": 0.13}
DEPENDENTS = {"base": -2.25, "log_tenure": 0.16, "years": -0.19, "one_year": 0.43, "two_year": 0.65, "fibre": -0.44,
              "no_internet": 0.3, "senior": -1.84, "partner": 2.46}  # fmt: skip
# Everyone but some DSL customers has a phone line.
PHONE = {"base": 1.02, "log_tenure": -0.1, "years": 0.03, "one_year": 0.34, "two_year": 0.33}
LINES = {"base": -2.2, "log_tenure": 0.31, "years": 0.29, "one_year": -0.46, "two_year": -0.11, "fibre": 0.99,
         "no_internet": -0.84, "senior": 0.39, "partner": 0.09}  # fmt: skip
ADD_ONS = {  # of internet customers, in this order
    "online_security": {"base": -2.24, "log_tenure": 0.39, "years": 0.09, "one_year": 0.53, "two_year": 1.14,
                        "fibre": -0.99, "senior": -0.28, "dependents": 0.23, "phone": 0.39},
    "online_backup": {"base": -1.87, "log_tenure": 0.16, "years": 0.34, "one_year": 0.12, "two_year": 0.25,
                      "fibre": -0.06, "online_security": 0.08, "phone": 0.12},
    "device_protection": {"base": -2.26, "log_tenure": 0.46, "years": 0.06, "one_year": 0.69, "two_year": 1.42,
                          "fibre": 0.26, "phone": -0.16, "online_security": -0.08},
    "tech_support": {"base": -2.5, "log_tenure": 0.56, "years": -0.15, "one_year": 0.8, "two_year": 1.92,
                     "fibre": -0.77, "senior": -0.46, "phone": 0.3, "online_security": 0.26, "online_backup": 0.15,
                     "device_protection": 0.26},
    "streaming_tv": {"base": -2.07, "log_tenure": 0.32, "one_year": 0.37, "two_year": 0.74, "fibre": 1.04,
                     "senior": 0.09, "phone": -0.23, "device_protection": 0.66, "tech_support": 0.28},
    "streaming_movies": {"base": -2.27, "log_tenure": 0.26, "one_year": 0.3, "two_year": 0.57, "fibre": 0.74,
                         "senior": 0.19, "phone": -0.24, "device_protection": 0.56, "tech_support": 0.2,
                         "streaming_tv": 1.43},
}  # fmt: skip
PAPERLESS = {"base": 0.09, "years": 0.08, "one_year": -0.55, "two_year": -0.82, "fibre": 0.75, "no_internet": -0.67,
             "senior": 0.35, "dependents": -0.13, "streaming_tv": 0.39, "streaming_movies": 0.25}  # fmt: skip
PAYMENT = {  # against bank transfer
    "Credit card (automatic)": {"base": 0.03, "years": -0.05, "one_year": 0.19, "two_year": 0.26, "fibre": -0.09,
                                "no_internet": -0.09, "paperless": 0.06},
    "Electronic check": {"base": 1.94, "log_tenure": -0.52, "one_year": -0.56, "two_year": -1.34, "fibre": 0.5,
                         "no_internet": -0.8, "senior": 0.22, "dependents": -0.14, "paperless": 0.23,
                         "streaming_tv": 0.4},
    "Mailed check": {"base": 2.26, "log_tenure": -0.39, "years": -0.33, "one_year": 0.25, "two_year": 0.45,
                     "fibre": -0.77, "no_internet": 0.43, "senior": -0.52, "paperless": -0.25, "streaming_tv": -0.3},
}  # fmt: skip

# Who leaves within the month. Nobody does before the first bill (tenure 0).
CHURN = {"base": 0.91, "log_tenure": -0.76, "years": 0.03, "one_year": -0.71, "two_year": -1.71, "fibre": 0.94,
         "no_internet": -0.82, "senior": 0.22, "dependents": -0.12, "phone": -0.54, "lines": 0.37,
         "online_security": -0.32, "online_backup": -0.13, "tech_support": -0.28, "streaming_tv": 0.31,
         "streaming_movies": 0.32, "paperless": 0.35, "electronic_check": 0.3, "mailed_check": -0.09}  # fmt: skip

PRICE_LIST = {"dsl": 25, "fibre": 50, "phone": 20, "lines": 5, "online_security": 5, "online_backup": 5,
              "device_protection": 5, "tech_support": 5, "streaming_tv": 10, "streaming_movies": 10}  # fmt: skip
MONTHLY_NOISE = 1.0  # standard deviation of a bill around the price list, dollars
TOTAL_NOISE = 0.19  # standard deviation of one month's bill around today's, as a share of it

# --- Customers: month by month -------------------------------------------------------------------------------------

HISTORY_MONTHS = 24  # batches, one a month-end
HISTORY_CUSTOMERS = 900  # in each: for everyone who leaves, somebody like them joins
SETTLING_MONTHS = 48  # before the first batch, in which the tenures find their balance
# Added to CHURN: in the table nearly half of the monthly contracts end in one month, most of them at once.
MONTHLY = {"base": -2.2, "log_tenure": 0.5}


@dataclass(frozen=True)
class ChurnDrift:
    """One change of the telephone company near the end of its months, for the monitoring pages to find.

    In the last `months` batches bills are `price_rise` higher, and `newcomers` of those who join take fibre on a
    monthly contract and pay by electronic check. And customers leave for another reason: a rival has opened where
    `rival_share` of them live, which no column says. There `rival` is added to the log-odds of leaving, everywhere
    `base`, and `log_tenure` times the log of the months with the company: the higher bill drives away those who pay in
    full, while newcomers have a welcome offer.
    """

    months: int = 5
    price_rise: float = 0.10
    newcomers: float = 0.8
    rival_share: float = 0.25
    rival: float = 1.8
    base: float = -1.0
    log_tenure: float = 0.3


CHURN_DRIFT = ChurnDrift()


# --- Sales: the range ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Category:
    """A part of the range. `season`: demand is `low` all year and rises to `high` around `peak` (day of the year),
    `width` days being one standard deviation of the bell. `elasticity`: per cent more units per per cent off the
    price. `prices`: the middle 95 % of list prices, pounds."""

    name: str
    prefix: str
    share: float  # of the products
    prices: tuple[float, float]
    elasticity: float
    season: tuple[float, float, int, int]  # low, high, peak, width
    motifs: tuple[str, ...]
    nouns: tuple[str, ...]


CATEGORIES = (
    Category("Home decor", "HD", 0.20, (4, 40), 1.4, (1.0, 1.2, 310, 40),
             ("sage", "ivory", "charcoal", "blush", "mustard", "dove grey"),
             ("photo frame", "wall hook", "vase", "mirror", "clock", "cushion", "lantern", "doorstop", "tray",
              "jewellery box", "coat rack", "wall hanging", "trinket dish")),
    Category("Kitchen", "KI", 0.17, (3, 30), 1.0, (1.0, 1.1, 330, 40),
             ("gingham", "bee print", "speckled", "cream", "lemon print", "blue-rimmed"),
             ("mug", "teapot", "tea towel", "cake stand", "apron", "storage jar", "butter dish", "milk jug",
              "oven glove", "cereal bowl", "egg cup set", "chopping board", "biscuit tin")),
    Category("Candles", "CA", 0.12, (3, 22), 1.8, (0.8, 2.0, 335, 35),
             ("lavender", "fig", "amber", "vanilla", "cedar", "orange blossom"),
             ("candle", "tealight set", "reed diffuser", "candle tin", "pillar candle", "wax melts",
              "dinner candles", "travel candle", "votive", "room spray", "scented sachet", "candle gift set")),
    Category("Stationery", "ST", 0.14, (1, 12), 0.8, (1.0, 1.4, 245, 25),
             ("marbled", "kraft", "gold foil", "pressed flower", "dotted", "star"),
             ("notebook", "greeting card", "pencil case", "gift wrap", "ribbon", "wall planner", "sticker set",
              "letter set", "sketchbook", "bookmark", "desk tidy", "address book", "gift tags")),
    Category("Toys", "TO", 0.11, (3, 28), 2.2, (0.8, 2.4, 338, 25),
             ("fox", "bear", "owl", "rabbit", "dinosaur", "circus"),
             ("train", "spinning top", "farm animals", "puzzle", "doll", "kite", "building blocks", "music box",
              "tea set", "rattle", "puppet", "memory game", "bunting")),
    Category("Garden", "GA", 0.10, (4, 35), 1.6, (0.4, 2.4, 150, 40),
             ("robin", "wildflower", "sage green", "slate grey", "bluebell", "hedgehog"),
             ("planter", "watering can", "bird feeder", "plant markers", "herb pot", "wind chime", "trug",
              "bee house", "hanging basket", "garden sign", "kneeler", "trowel", "storm lantern")),
    Category("Christmas", "XM", 0.09, (2, 25), 2.6, (0.05, 4.5, 333, 20),
             ("silver", "snowflake", "holly", "robin", "gingerbread", "star"),
             ("bauble", "wreath", "stocking", "advent calendar", "tree topper", "garland", "nativity set",
              "cracker set", "snow globe", "reindeer", "table runner", "angel", "tree skirt")),
    Category("Bags", "BA", 0.07, (5, 45), 1.2, (1.0, 1.3, 190, 40),
             ("navy", "olive", "berry", "sand", "teal", "rust"),
             ("tote bag", "purse", "wash bag", "shopper", "lunch bag", "backpack", "coin purse", "key ring",
              "make-up bag", "travel wallet", "umbrella", "belt bag", "luggage tag")),
)  # fmt: skip
ADJECTIVES = ("Vintage", "Rustic", "Botanical", "Nordic", "Striped", "Floral", "Retro", "Woodland", "Coastal", "Spotty",
              "Heritage", "Little", "Scalloped", "Harlequin", "Moonlit", "Meadow", "Cottage", "Classic")  # fmt: skip
POPULARITY_SPREAD = 0.9  # standard deviation of the log of a product's popularity
AFFINITY_PAIRS = 12  # matching products of one category, bought together
AFFINITY = 0.30  # share of the baskets with the first of a pair that take the second for that reason
PRICE_REVISION = 0.03  # mean rise of list prices every 1 February; products differ by a third of it

# --- Sales: where and when -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Store:
    """A shop, or the online shop (it charges postage); `opened` within the simulated span (0 the first day, 1 the
    last; before 0: it was already there)."""

    code: str
    name: str
    share: float  # of the customers
    opened: float
    online: bool = False


STORES = (
    Store("LON", "Lanternlight, London Marylebone", 0.26, opened=-4.1),
    Store("MAN", "Lanternlight, Manchester Deansgate", 0.17, opened=-2.3),
    Store("BRI", "Lanternlight, Bristol Clifton", 0.12, opened=-1.6),
    Store("YRK", "Lanternlight, York Stonegate", 0.09, opened=-0.7),
    Store("BTH", "Lanternlight, Bath Milsom Street", 0.08, opened=0.4),
    Store("WEB", "Lanternlight online", 0.28, opened=-1.2, online=True),
)
COUNTRY = "United Kingdom"
CURRENCY = "GBP"

WEEKDAYS = (0.75, 0.80, 0.90, 1.00, 1.20, 1.60, 0.0)  # footfall, Monday first; closed on Sundays
CLOSED = ((12, 25), (12, 26), (1, 1))  # month, day
HOLIDAY_FOOTFALL = 0.7  # of an ordinary day, on the bank holidays the shops open
SEASON = (  # footfall by day of the year, straight lines between
    (1, 0.75), (32, 0.80), (60, 0.90), (91, 1.00), (121, 1.00), (152, 0.95), (182, 0.90), (213, 0.85), (244, 0.95),
    (274, 1.05), (300, 1.15), (320, 1.40), (332, 1.60), (345, 1.65), (352, 1.40), (358, 1.00), (366, 0.75),
)  # fmt: skip
GROWTH = 0.15  # a year
DAY_NOISE = 0.08  # standard deviation of the log of a day's footfall (weather and the like)

# Promotions last two weeks from a Monday; each product takes part by chance, more of them during a campaign.
PROMOTION_WEEKS = 2
PROMOTION_SHARE = 0.08
PROMOTION_DEPTHS = (0.10, 0.20, 0.30, 0.40)  # off the list price, equally likely
CAMPAIGNS = (  # name, first and last day (month, day) on which one may begin, share of the products
    ("January sale", (1, 2), (1, 15), 0.30),
    ("Summer sale", (7, 1), (7, 14), 0.25),
    ("Black Friday", (11, 15), (11, 28), 0.20),
)

# --- Sales: who buys -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """Customers of one rhythm. `joined` and `left` are ranges within the simulated span (0 the first day, 1 the
    last; before 0: already a customer). `basket`: lines of an invoice on average. `packs`: what a line counts,
    each alike. `steady`: evenly spaced visits instead of visits by chance."""

    name: str
    share: float  # of the customers
    visits: float  # a year
    basket: float
    packs: tuple[int, ...]
    joined: tuple[float, float] = (-0.5, 0.8)
    left: tuple[float, float] = (1.0, 1.0)
    steady: bool = False


SEGMENTS = (
    Segment("wholesale", 0.012, 50, 8.0, (3, 4, 6, 6, 12), joined=(-0.5, 0.2), steady=True),
    Segment("regular", 0.12, 18, 4.5, (1, 1, 1, 2, 2, 3, 4), joined=(-0.8, 0.8), steady=True),
    Segment("occasional", 0.34, 4, 3.5, (1, 1, 1, 2, 2, 3)),
    Segment("one-off", 0.30, 0, 2.5, (1, 1, 2), joined=(0.0, 0.0)),  # everyone buys at least once
    Segment("lapsed", 0.228, 8, 4.0, (1, 1, 1, 2, 3), joined=(-0.3, 0.3), left=(0.4, 0.75)),
)
WALK_IN_SHARE = 0.20  # of the lines; no customer code
WALK_INS = Segment("walk-in", 0, 0, 2.5, (1, 1, 1, 2))

# --- Sales: what happens around a line -----------------------------------------------------------------------------

OPENING_HOUR, CLOSING_HOUR = 9, 18
RETURNS = 0.03  # share of the sale lines that come back, whole
RETURN_DAYS = 12.0  # until they do, on average
POSTAGE, FREE_POSTAGE_FROM = 3.95, 40.0  # online orders, pounds
DISCOUNT_FROM, DISCOUNT_SHARE, DISCOUNT = 250.0, 0.25, 0.05  # a quarter of the invoices this large get 5 % off
FEES = (15.0, 45.0)  # bank charges of a store at the end of each month, pounds
ADJUSTMENTS = 0.001  # share of the invoices with a manual line
ADJUSTMENT_AMOUNTS = (1.0, 25.0)

# --- Sales: supply -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Supplier:
    """Who makes the products of one category; lead times in days, minimum order in units."""

    code: str
    name: str
    category: str
    lead_time: tuple[float, float]  # mean, standard deviation
    minimum_order: int


SUPPLIERS = (
    Supplier("S01", "Harrow & Finch Homeware", "Home decor", (12, 3), 24),
    Supplier("S02", "Saffron Lane Imports", "Home decor", (38, 9), 60),
    Supplier("S03", "Coldbrook Pottery", "Kitchen", (15, 4), 24),
    Supplier("S04", "Maplewick Kitchen Goods", "Kitchen", (24, 6), 48),
    Supplier("S05", "Wickham Bee Candles", "Candles", (8, 2), 36),
    Supplier("S06", "Aldermoor Fragrance", "Candles", (18, 5), 48),
    Supplier("S07", "Pennyquill Paper", "Stationery", (6, 2), 60),
    Supplier("S08", "Inkberry Press", "Stationery", (14, 4), 60),
    Supplier("S09", "Tumbledown Toys", "Toys", (20, 6), 24),
    Supplier("S10", "Jade Harbour Trading", "Toys", (45, 10), 72),
    Supplier("S11", "Greenhythe Garden Works", "Garden", (16, 5), 18),
    Supplier("S12", "Bramblegate Metalcraft", "Garden", (28, 7), 36),
    Supplier("S13", "Frostling Decorations", "Christmas", (35, 8), 60),
    Supplier("S14", "Yuletide Mill", "Christmas", (22, 5), 36),
    Supplier("S15", "Selvedge Bag Company", "Bags", (18, 4), 18),
    Supplier("S16", "Orchid Bay Textiles", "Bags", (40, 9), 48),
)
COST_SHARE = (0.40, 0.52)  # of the list price on the first day
COST_REVISION_DAYS = 182  # each supplier revises its costs twice a year, on days of its own
COST_REVISION = (0.015, 0.02)  # mean and standard deviation of the change
REVIEW_DAYS = 14  # of expected sales that a delivery covers
SAFETY_DAYS = 10  # of expected sales held against late deliveries

# --- Sales: the drift event ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drift:
    """One change of the business near the end of the data, for the monitoring pages to find.

    From `days_before_end` days before the last day on, list prices of `categories` are `price_rise` higher, each
    wholesale invoice is lost with probability `wholesale_loss`, and newcomers, as many as `newcomers` of all
    customers, buy once, in the online shop.
    """

    days_before_end: int = 42
    categories: tuple[str, ...] = ("Home decor", "Kitchen", "Candles")
    price_rise: float = 0.15
    wholesale_loss: float = 0.6
    newcomers: Segment = Segment("newcomer", 0.15, 0, 1.8, (1, 1, 1, 2))
    name: str = "New price list"


DRIFT = Drift()
