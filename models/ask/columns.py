"""What the header of a column that Vigie does not know says of it: whether its numbers are averaged or added up."""

from typing import Literal

from models.ask.spelling import key, stem
from models.ask.words import split


def stems(text: str) -> frozenset[str]:
    """Words in a text as `models.ask.words` has them, in the spelling in which they are looked up."""
    return frozenset(stem(word) for word in split(text))


_EXTENTS = stems("hour | heure | minute | day | jour | km | kg")  # of which a column alone may be either
AVERAGED = stems(  # each line has its own, and their sum means nothing
    """
    age | csat | nps | rating | score | note | grade | star | etoile | satisfaction | rate | taux | ratio | percent |
    percentage |
    pourcentage | pct | index | indice | rank | degre | degree | temperature | humidity | humidite |
    distance | km | kilometrage | mileage | mpg | speed | vitesse | duration | duree | time | temps | runtime |
    delay | delai | late | retard | waiting | attente | minute | hour | heure | day | jour | weight | poids | kg |
    height | hauteur |
    width | largeur | length | longueur | size | taille | surface | area | superficie | horsepower | puissance |
    price | prix | average | moyenne | mean | median | tenure | anciennete | monthly | mensuel | mensuelle
    """
)
ADDED = stems(  # what adds up, as money does
    """
    profit | benefice | margin | marge | cost | cout | revenue | sale | vente | spend | spending | spent | depense |
    tip | pourboire | fee | frais | commission | tax | taxe | tva | vat | remboursement | refund | rebate | remise |
    reduction | discount | saving | postage | shipping | charge | payment | paiement | total | amount | montant |
    quantity | quantite | unit | unite | count | donation | don | bonus | deposit | consigne
    """
)
BETTER_LESS = stems(
    "wait | waiting | attente | delay | delai | lead | retard | pain | douleur | error | erreur | defect | conceded | "
    "encaisse | injury | blessure | complaint | plainte | accident"
)


_TIME = "duration | duree | stay | sejour | length"
_UNITS = {  # units, and what columns that are in them are called
    "m2 | sqm": "surface | area | superficie | size | taille",
    "km | kilometre | kilometer": "distance | kilometrage | mileage | km",
    "kg | kilo": "weight | poids | kg",
    "day | jour | night | nuit": f"day | jour | night | nuit | {_TIME}",
    "minute | min | hour | heure | h": (
        f"minute | hour | heure | wait | attente | delay | retard | time | temps | {_TIME}"
    ),
    "an | year": "age | anciennete | tenure",
}
_LABELS = stems("millesime | vintage | annee | year | code | zip | postal | number | numero")
_TIMED = stems("minute | hour | heure | day | jour")
UNITS = {unit: stems(called) for units, called in _UNITS.items() for unit in stems(units)}


def usual(called: str) -> Literal["sum", "mean", ""]:
    """What is meant of a column's numbers where it is named alone: nobody adds up ages; "" where it is not sure."""
    said = set(key(called)) - _EXTENTS  # "heures par mécano": those that were worked, or how many it takes?
    return "mean" if said & AVERAGED else "sum" if said & ADDED else ""


def timed(called: str) -> bool:
    """Whether a column says how long something took: "Jours d'immobilisation"."""
    return bool(set(key(called)) & _TIMED)


def labels(called: str) -> bool:
    """Whether a column's numbers are only names, of which there is no average: the years of wines."""
    return bool(set(key(called)) & _LABELS)


def better_less(called: str) -> bool:
    """Whether the best of a column's numbers are the smallest: "the worst wait time"."""
    return bool(set(key(called)) & BETTER_LESS)
