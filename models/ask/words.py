"""What people say to ask, in English and French: what they want, how fine, of when, and words that mean nothing.

Capitals, accents and plurals do not matter, except that words in capitals (AOV) are not found in small letters.
"""

from collections.abc import Iterator


def split(text: str) -> Iterator[str]:
    """The phrases in a text of this module."""
    return filter(None, (" ".join(one.split()) for one in text.split("|")))


COMMANDS = {  # what changes a question, by what it does
    "by": """
        by | per | each | in every | par chaque | for each | for every | every | across | split by | broken down by |
        break down by | breakdown by | grouped by | group by | according to | depending on | in each |
        for the different | colored by | coloured by | color by | segmented by | over the different | among |
        as a function of | divided by | distribution by | par | selon | pour chaque | chaque | dans chaque |
        ventile par | ventilee par | ventilees par | en fonction du |
        en fonction des | reparti par | repartie par | en fonction de | suivant |
        detail par | groupe par | regroupe par | decoupe par | ventilation par | repartition par | a travers |
        colore par | y axis | x axis | color = | colour = | couleur = | x = | couleur par | couleurs par |
        couleur selon | one line per | a line per | one line for each | a line for each | une ligne par |
        une courbe par |
        one dot per | a dot per | each dot is a | one point per | a point per | un point par | one bar per |
        split into | split in | broken into | divided into | separated by |
        a bar per | une barre par | one bar for each | one color per | one colour per | une couleur par
    """,
    "which": """
        who are | who were | qui sont | qui etaient |
        which | what | who | whos | whose | list | list of | show which | rank | ranking of | ranking | sort | quel |
        quels | quelle | quelles | qui | lequel | laquelle | lesquels | lesquelles | liste des | liste |
        classement des | classement | lister | classer
    """,
    "many": """
        how many | hw many | count | count of | combien de | combien | nombre | nombre de | nombre d | number of |
        the number of | le nombre de |
        nb de | nb | cb de | cb d | nbre de
    """,
    "much": """
        how much | did we make | did we do | did we take | did we earn | have we made | have we taken |
        combien on a fait | combien a t on fait | combien avons nous fait | a t on fait | avons nous fait |
        on a fait |
        combien a fait | combien ont fait
    """,
    "most": """
        plus cher au moins cher | plus chers aux moins chers | most expensive first | most expensive to cheapest |
        longest first | top | biggest first | highest first | largest first | most first | best first | longest | peak |
        rush |
        de pointe | high to low | from high to low | most often | le plus souvent | plus souvent | plus long |
        plus longue | plus longs |
        plus longues | plus grand au plus petit | plus eleve au plus faible | plus eleve au plus bas |
        plus haut au plus bas | plus fort au plus faible | plus gros au plus petit | meilleur au pire | highest |
        largest | biggest | most | greatest | best selling | bestselling | maximum | max | most sold |
        ramene le plus | ramene le plus de | ramenent le plus |
        most popular | sells most | sells the most | sell the most | most important | best sellers | bestsellers |
        best seller | plus grand | plus grande | plus grands | plus grandes | plus gros | plus grosse | plus eleve |
        plus elevee | plus eleves | plus elevees | premier | premiere | premiers | premieres | le plus | la plus |
        les plus | plus fort | plus forte | plus forts | plus fortes | plus vendu | plus vendue | plus vendus |
        plus vendues | mieux | le mieux | plus haut | plus haute | principaux | principales | plus importants |
        plus importantes | les mieux vendus | mieux vendus | highest to lowest | descending | decroissant |
        descending order | ordre decroissant | par ordre decroissant | busiest | the most | largest number of |
        heaviest | maximal | maximale | plus frequente | plus frequent | le plus de
    """,
    "least": """
        moins cher au plus cher | moins chers aux plus chers | cheapest first | cheapest to most expensive |
        low to high | from low to high | lowest first | smallest first | shortest first | least first | shortest |
        least often |
        le moins souvent | moins souvent | flop |
        plus court | plus courte | plus courts | plus courtes | plus petit au plus grand | plus faible au plus eleve |
        plus bas au plus haut | plus bas au plus eleve | plus faible au plus fort | pire au meilleur |
        lowest | least | smallest | bottom | fewest | minimum | min | slowest | least sold | worst selling |
        least popular | minimal | minimale | sells least | sells the least | ascending | lowest to highest |
        plus faible | plus faibles | plus petit | plus petite | plus petits | plus petites | plus bas | plus basse |
        plus basses | le moins | la moins | les moins | moins vendu | moins vendus | moins vendues | moins vendue |
        ascending order | ordre croissant | par ordre croissant | les moins vendus | croissant | quietest |
        le moins de
    """,
    "best": """
        best | leading | strongest | best performing | meilleur | meilleure | meilleurs | meilleures
    """,
    "worst": """
        worst first | le pire d abord |
        worst | weakest | poorest | worst performing | pire | pires | moins bon | moins bonne |
        moins bons |
        moins bonnes | plus mauvais | plus mauvaise | plus mauvaises
    """,
    "over": """
        more than | over | above | greater than | higher than | exceeding | exceeds | exceed | larger than |
        bigger than | > | superior to | better than | plus de | superieur a | superieure a | superieurs a |
        superieures a | depasse | depassent | au dessus de | depassant | plus que | plus grand que
    """,
    "under": """
        less than | under | below | fewer than | lower than | smaller than | < | beneath | worse than | moins de |
        inferieur a | inferieure a | inferieurs a | inferieures a | en dessous de | sous | au dessous de | moins que
    """,
    "at least": """
        at least | minimum of | a minimum of | no less than | not less than | >= | ≥ | or more | and more | and up |
        or over | ou plus | et plus | au moins | au minimum | un minimum de
    """,
    "at most": """
        at most | maximum of | a maximum of | no more than | not more than | <= | ≤ | or less | or fewer |
        or under | ou moins | au plus | au maximum | un maximum de
    """,
    "not": """
        everything except | all except | tout sauf | tous sauf | toutes sauf |
        without | except | except for | excluding | exclude | not | not in | other than | apart from | but not |
        minus | excepted | leaving out | leave out | ignoring | not including | everything but | all but | outside |
        outside of | sans | sauf | hors | excepte | hormis | en dehors de | pas | a l exclusion de | en excluant |
        no | not counting | without counting | leaving aside | sans compter | mis a part | autre que | autres que |
        hors de | exclure | a part | without the | non
    """,
    "share": """
        how much of | share | share of | percentage | percentage of | percent of | proportion | proportion of |
        fraction | fraction of | % of | as a share | in percent | in % | contribution of | contribution | what part of |
        split of | mix of | breakdown of | part | part de | part du | part des | pourcentage | pourcentage de |
        pourcentage du | quote part | poids | poids de | poids du | poids des | en pourcentage | en % |
        contribution de | parts | shares | % du | % des | % de | parts de | pct of | pct | pese | pesent | peser
    """,
    "rate": "rate | rates | taux | taux de | taux du | taux des",
    "mean": """
        average | mean | on average | average of | mean of | the average | typical | moyenne | moyen | moyens |
        moyennes | en moyenne | moyenne de | moyenne du | moyenne des | la moyenne | valeur moyenne |
        nombre moyen de |
        nombre moyen | average number of | mean number of | the average number of | average amount of
    """,
    "median": """
        median | median of | median value | mediane | mediane de | mediane du | mediane des | valeur mediane | medians |
        medians of | medians
    """,
    "negative": """
        below zero | under zero | less than zero | negative | in the red | negatif | negative | negatifs | negatives |
        sous zero | inferieur a zero | inferieure a zero | en dessous de zero | dans le rouge
    """,
    "positive": """
        above zero | over zero | more than zero | greater than zero | positive | positif | positifs | positives |
        superieur a zero | superieure a zero
    """,
    "dearest": """
        most expensive | dearest | priciest | plus cher | plus chere | plus chers | plus cheres | le plus cher |
        la plus chere | les plus chers | les plus cheres
    """,
    "cheapest": """
        cheapest | least expensive | moins cher | moins chere | moins chers | moins cheres | le moins cher |
        la moins chere | les moins chers | les moins cheres
    """,
    "excluded": "excluded | left out | not included | exclu | exclue | exclus | exclues | non compris | non comprise",
    "sum": """
        total | sum | sum of | total of | overall | somme | somme de | somme des | total des | total de | total du |
        totaux | cumul | cumule
    """,
    "against": """
        vs | versus | compared with | compared to | compare | comparing | comparison of | against | comparer |
        comparez | comparaison de | contre | difference between | difference entre
    """,
    "with": "with | having | who have | that have | avec | ayant | qui ont",
    "sell": """
        sell | sells | sold | selling | sell best | bought | buy | buys | purchased | vend | vends | vendent |
        vendre |
        vendu | vendue | vendus | vendues | vendons | vendez | vendait | achete | achetent | achetes | acheter |
        ecoule | went for
    """,
    "spend": """
        spend | spends | spent | spending | depense | depensent | depenser | depenses
    """,
    "line": """
        of a single line | on a single line | on one line | in one line |
        per line | per invoice line | of a line | of an invoice line | per order line | par ligne |
        par ligne de facture | d une ligne | sur une ligne | d une seule ligne | sur une seule ligne
    """,
    "empty": """
        out of stock now | currently out of stock | sold out now | currently sold out | actuellement en rupture |
        en rupture actuellement | en rupture en ce moment
    """,
    "either": """
        or | ou | ou bien
    """,
    "again": """
        and | and by | now | now by | only | just | instead | what about | how about | and for | and in | same for |
        the same for | also | then | et | et par | et pour | et en | maintenant | seulement | uniquement | plutot |
        aussi | same | idem | pareil | pareil pour | idem pour | la meme chose pour | meme chose pour | & | puis |
        et a
    """,
    "all": """
        all | all the | every single | any | tous | toutes | tous les | toutes les | tout | l ensemble des |
        ensemble des
    """,
    "relation": """
        scatterplot | scatter plot | scatter plots | scatterplots | scatter | scatter chart | scatter graph |
        correlation | correlations | correlated | correlate | correlates | relationship | relation | relationships |
        related | link | linked | depend on | depends on | affect | affects | influence | influences |
        nuage de points | nuage de point | correle | correlee | correles | lien | liens |
        depend | dependent | depend il de | depend il du |
        depend du | depend de | dependent de |
        lie | liee | influe sur | influent sur | influence sur | effect | effet | impact | effet sur | effect on |
        impact on | impact sur | impact de | effet de | how does | how do | drive | drives |
        determine | determines | determinent
    """,
    "spread": """
        box plot | boxplot | box plots | boxplots | box and whisker plot | box plot of | boxplot of |
        boite a moustaches |
        boites a moustaches | diagramme en boite | frequency distribution | frequency distribution of |
        repartition | repartition de | repartition des | repartition du |
        distribution | distribution of | distribution de | distribution des | histogram | histogram of |
        histogramme | histogramme de | histogramme des | histogramme du
    """,
    "gross": """
        without returns | excluding returns | before returns | ignoring returns | sans retours | sans les retours |
        hors retours | avant retours
    """,
    "losing": """
        lose money | losing money | loses money | lost money | loss making | unprofitable | at a loss |
        sold at a loss | lost us money | lose us money | loses us money | losing us money | cost us money |
        font perdre de argent | fait perdre de argent | perdent de argent | perd de argent | perdent argent |
        perd argent | perdre de argent | a perte | vendus a perte | en perte | deficitaire | deficitaires |
        non rentables
    """,
    "losing most": """
        lose the most money | loses the most money | lost the most money | lose most money | loses most money |
        losing the most money | lost us the most money | perd le plus de argent | perdent le plus de argent |
        perdu le plus de argent | perd le plus argent | perdent le plus argent | fait perdre le plus de argent
    """,
    "table": """
        as a table | in a table | as table | en tableau | sous forme de tableau | dans un tableau
    """,
}
INTENTS = {
    "forecast": """
        will | will we sell | will sell | will be | vendra | vendront | va vendre | vont vendre | forecast |
        forecasts | forecasted | predict | prediction | predicted | projection | expect to sell | expected sales |
        next | coming | upcoming | tomorrow | outlook | going to sell | prevision | previsions | prevoir | prevu |
        prevue | prochain | prochaine | prochains | prochaines | a venir | demain | allons nous vendre |
        va t on vendre | vendrons nous | vendra t on | allons vendre | vont se vendre | what ll | sera | seront |
        sera t il | sera t elle | ferons nous | fera t on | va t on faire | allons nous faire | va faire |
        vont faire | projete | in the future | a l avenir | next week | next month | we ll sell | ll sell
    """,
    "leaving": """
        about to leave | going to leave | will leave | will churn | likely to leave | likely to churn |
        at risk of leaving | at risk | risk of leaving | churn risk | about to churn | customers at risk |
        might leave | could leave | want to leave | who to call | whom to call | whom should we call | va partir |
        vont partir | risque de partir | risquent de partir | sur le point de partir | a risque |
        susceptibles de partir | qui appeler | vont nous quitter | va nous quitter | risque de depart |
        vont resilier | clients a risque | likely to cancel | about to cancel | will cancel | cancel soon |
        want to cancel | before they quit | before they leave | before they go | should i call | should we call |
        must i call | do i call | dois je appeler | faut il appeler | devons nous appeler | risquent de resilier |
        risque de resilier | resilier | envisagent de partir | going to churn | is going to churn | about to quit
    """,
    "slipping": """
        slipping | slipping away | silent | gone quiet | inactive | dormant | stopped buying | no longer buying |
        have not bought for | not come back | lapsed | silencieux | silencieuses | inactifs | dormants |
        ne viennent plus | n achetent plus | achetent plus | ont cesse d acheter | qui s eloignent | eloignent |
        perdus de vue | unusually quiet | gone unusually quiet | quiet | ne viennent plus depuis | ne vient plus |
        stopped coming | stopped shopping | stopped ordering | stopped visiting | ne reviennent plus | plus vus |
        plus vu | plus vus depuis longtemps | plus vu depuis longtemps | plus revus | ne voit plus | have not seen |
        not seen | anormalement longtemps | depuis longtemps | longtemps | habitues
    """,
    "stock": """
        need to buy | have to buy | should i buy | must i buy | should we buy | must we buy | racheter |
        dois racheter | dois je racheter | dois acheter | dois je acheter | faut il acheter | faut acheter |
        il faut acheter | a racheter | must i order | should i order | should we order | must we order |
        what to order | to order | need to order | reorder | re order | replenish | restock |
        to buy from suppliers | what do i need to order | running low | run out | running out | about to run out |
        dois je commander | devons nous commander | faut il commander | a commander | que commander |
        quoi commander | reapprovisionner | reapprovisionnement | reassort | bientot en rupture |
        doit on commander | dois commander | il faut commander | dois je recommander | recommander |
        tomber en rupture | ne pas tomber en rupture | manquer | avoid running out | avant rupture |
        avant la rupture | will run out | run out of stock | will run out of stock | run out of first | run out first
    """,
    "why": """
        why | what explains | what explain | explain | reason for | reasons for | what caused | what drives |
        what drove | what is driving | what is behind | because of what | root cause | cause of | causes of |
        how come | pourquoi | qu est ce qui explique | explique | expliquer | expliquez | raison de | raisons de |
        raison de la | cause de | causes de | a quoi est due | a quoi est du | d ou vient | ou vient |
        est ce qui explique | qu est ce qui fait
    """,
    "drift": """
        has anything changed | anything changed | what has changed | what changed in the data | drift | data drift |
        drifted | still look like | look like before | has the data changed | have the data changed |
        is the model still good | quelque chose a change | a change dans les donnees | donnees ont change |
        donnees ont elles change | derive | derive des donnees | ont elles change |
        est ce que les donnees ont change |
        changed in the data | changement dans les donnees | qu est ce qui a change | est ce qui a change |
        recent data | older data | something drifted | donnees ont derive | derive recemment | ont derive recemment |
        donnees recentes | drifted lately | drifted recently | change recemment | changed recently | changed lately
    """,
}
GRAINS = {
    "day": """
        day | daily | date | by date | day by day | jour | quotidien | quotidienne | quotidiennes | quotidiens |
        journalier | journaliere | jour par jour | journee | au jour le jour | order date
    """,
    "week": "week | weekly | week by week | semaine | hebdomadaire | hebdomadaires | semaine par semaine | hebdo",
    "month": """
        month | monthly | month by month | mois | mensuel | mensuelle | mensuelles | mensuels | mois par mois |
        over time | trend | trend of | evolution | evolution de | evolution du | evolution des | develop | developed |
        development of | au fil du temps | dans le temps | tendance | history of | timeline | courbe |
        au cours du temps | evolve | evolved | evolue | evoluent | evoluer | historique
    """,
    "quarter": """
        quarter | quarterly | trimestre | trimestriel | trimestrielle | trimestrielles | par trimestre |
        quarter by quarter
    """,
    "year": """
        year | yearly | annual | annually | year by year | par an | et par an | chaque an |
        ans | annee | annuel | annuelle |
        annuels | annuelles
    """,
}
WEEKDAYS = (
    "monday | mondays | lundi | lundis",
    "tuesday | tuesdays | mardi | mardis",
    "wednesday | wednesdays | mercredi | mercredis",
    "thursday | thursdays | jeudi | jeudis",
    "friday | fridays | vendredi | vendredis",
    "saturday | saturdays | samedi | samedis",
    "sunday | sundays | dimanche | dimanches",
)
WEEKEND = "weekend | weekends | week end | week ends | fin de semaine"
NATIONS = (  # what is of a country: the data say its name (Unicode CLDR has the names, and no adjectives)
    "germany | allemagne | german | allemand | allemande",
    "france | french | francais | francaise",
    "japan | japon | japanese | japonais | japonaise",
    "china | chine | chinese | chinois | chinoise",
    "india | inde | indian | indien | indienne",
    "italy | italie | italian | italien | italienne",
    "spain | espagne | spanish | espagnol | espagnole",
    "portugal | portuguese | portugais | portugaise",
    "belgium | belgique | belgian | belge",
    "netherlands | pays bas | dutch | neerlandais | neerlandaise | hollandais | hollandaise",
    "switzerland | suisse | swiss",
    "austria | autriche | austrian | autrichien | autrichienne",
    "sweden | suede | swedish | suedois | suedoise",
    "norway | norvege | norwegian | norvegien | norvegienne",
    "denmark | danemark | danish | danois | danoise",
    "finland | finlande | finnish | finlandais | finlandaise",
    "greece | grece | greek | grec | grecque",
    "ireland | irlande | irish | irlandais | irlandaise",
    "united kingdom | royaume uni | uk | british | britannique",
    "united states | etats unis | usa | american | americain | americaine",
    "canada | canadian | canadien | canadienne",
    "mexico | mexique | mexican | mexicain | mexicaine",
    "brazil | bresil | brazilian | bresilien | bresilienne",
    "australia | australie | australian | australien | australienne",
    "korea | south korea | coree | coree du sud | korean | coreen | coreenne",
    "russia | russie | russian | russe",
    "morocco | maroc | moroccan | marocain | marocaine",
    "tunisia | tunisie | tunisian | tunisien | tunisienne",
    "algeria | algerie | algerian | algerien | algerienne",
    "senegal | senegalese | senegalais | senegalaise",
    "europe | european | europeen | europeenne",
    "asia | asie | asian | asiatique",
    "africa | afrique | african | africain | africaine",
)
# Words for the same thing in both languages: of columns and of values that Vigie does not know.
SAME = (
    "region | regions",
    "state | etat",
    "city | ville",
    "town | ville",
    "segment",
    "district | quartier",
    "payment method | payment methods | means of payment | "
    "payment type | mode de paiement | moyen de paiement | payment",
    "seller | salesperson | salesman | sales rep | vendeur | vendeuse",
    "cashier | caissier | caissiere",
    "tip | tips | pourboire",
    "profit | benefice | profitable | rentable",
    "night | nights | nuit | nuits | nuitee | nuitees",
    "seat | seats | place | places | siege | sieges",
    "sub category | subcategory | sous categorie | sous rayon",
    "ship mode | shipping mode | delivery mode | mode de livraison | mode d'expedition",
    "channel | canal",
    "brand | marque",
    "colour | color | couleur",
    "size | taille",
    "age",
    "rental | rentals | ride | rides | trip | trips | journey | journeys | trajet | trajets",
    "rating | ratings | score | note | avis | review | reviews",
    "visit | visite | appointment | appt | rdv | rendez vous | consultation",
    "repair | reparation",
    "late | lateness | retard",
    "fuel | carburant",
    "pallet | palette",
    "driver | chauffeur | conducteur",
    "guest | hote",
    "house | maison",
    "duration | duree",
    "weight | poids",
    "temperature",
    "weather | meteo",
    "job | emploi | metier",
    "delivery | deliveries | livraison",
    "cash | especes | liquide",
    "card | carte | carte bancaire | credit card | bank card",
    "voucher | bon d'achat",
    "cheque | check",
    "online | en ligne | internet | web",
    "candles | bougies",
    "toys | jouets",
    "christmas | noel",
    "kitchen | cuisine",
    "stationery | papeterie",
    "garden | jardin",
    "bags | sacs",
    "home decor | decoration | deco",
    "bread | pain",
    "pastry | pastries | patisserie",
    "drinks | boissons",
    "london | londres",
    "edinburgh | edimbourg",
    "vienna | vienne",
    "geneva | geneve",
    "brussels | bruxelles",
    "lisbon | lisbonne",
    "tenure | anciennete",
    "monthly charges | monthly bill | charges mensuelles | facture mensuelle",
    "internet service | service internet",
    "contract | contrat",
    "gender | sexe | genre",
    "senior citizen | seniors | personne agee",
    "meal voucher | titre restaurant | titre resto | ticket restaurant | ticket resto",
    "south | sud",
    "north | nord",
    "west | ouest",
    "furniture | mobilier | meuble",
    "technology | technologie | tech",
    "office supplies | fournitures de bureau",
    "car | auto | automobile | voiture | vehicle | vehicule",
    "film | movie",
    "flat | apartment | appartement | appart | logement",
    "lease | bail | baux",
    "stay | sejour",
    "match | rencontre",
    "result | resultat",
    "floor | etage",
    "room | chambre",
    "ward | service hospitalier",
    "wait | waiting | waiting time | wait time | attente | temps d'attente",
    "speed | vitesse",
    "power | puissance",
    "species | espece",
    "island | ile",
    "stadium | stade",
    "opponent | adversaire",
    "school | ecole",
    "teacher | enseignant | professeur | prof",
    "student | eleve | etudiant",
    "course | cours",
    "flight | vol",
    "airline | compagnie aerienne",
    "airport | aeroport",
    *NATIONS,
)
# What a line of some trade is, where two of the file's own columns speak of that trade.
EVENTS = {
    "repair | reparation | panne | intervention": """
        atelier | mecano | mecanicien | mechanic | technician | technicien | workshop | garage | panne | fault |
        part | piece | garantie | warranty | labour | repair | immobilisation | kilometrage | mileage
    """,
    "delivery | livraison | shipment | drop | colis | parcel": """
        depot | driver | chauffeur | livreur | vehicle | vehicule | lorry | truck | camion | route | tournee |
        distance | fuel | carburant | freight | pallet | palette | parcel | colis | delivery | livraison | damaged
    """,
    "stay | sejour": """
        room | chambre | night | nuit | nuitee | adult | adulte | child | children | enfant | sejour | stay |
        breakfast | dejeuner | board | guest | bed | ward | lit
    """,
    "visit | visite | appointment | appt | rdv | rendez vous | consultation": """
        patient | doctor | medecin | vet | dentist | practitioner | praticien | wait | waiting | attente | consult |
        slot | insurance | assurance | diagnosis | symptom | motif | show
    """,
    "class | lesson | session | seance | cours": """
        teacher | coach | trainer | instructor | professeur | moniteur | student | eleve | level | niveau | room |
        salle
    """,
    "ticket | call | case | appel | incident": """
        agent | operator | queue | waiting | attente | resolution | resolved | priority | priorite | channel |
        escalated
    """,
}
SHORT = {  # what people write short, where the data have no such word
    **dict.fromkeys(("avg", "aver", "moy"), "average"),
    **dict.fromkeys(("qty", "qte", "qtes", "qties"), "quantity"),
    **dict.fromkeys(("cat", "cats", "categ"), "category"),
    **dict.fromkeys(("mag", "mags"), "magasin"),
    **dict.fromkeys(("prod", "prods", "pdt", "pdts"), "product"),
    **dict.fromkeys(("cust", "custs"), "customers"),
    **dict.fromkeys(("excl", "exc"), "excluding"),
    **dict.fromkeys(("ppl",), "people"),
    **dict.fromkeys(("thru",), "through"),
    **dict.fromkeys(("fourn", "fourns"), "fournisseur"),
    **dict.fromkeys(("rev", "revs"), "revenue"),
    **dict.fromkeys(("cmd", "cmds", "cde", "cdes"), "commandes"),
    **dict.fromkeys(("nbr", "nbre"), "nombre"),
}
OF_A_COLUMN = frozenset(  # what the header of a column says beside what it is of
    split(
        """
        date | time | day | jour | heure | datetime | timestamp | id | no | nr | num | number | numero | code | key |
        ref | name | nom | n | minute | minutes | hour | hours | days | total | amount | montant | value | valeur |
        rate | taux | de | des | du | la | le | of | the | mean | average
        """
    )
)
BEYOND = frozenset(  # what is asked of numbers and not computed: said so, as a word that is known
    (
        "scatter", "scatterplot", "nuage", "relationship", "relation", "correlation", "correlate", "correlated",
        "correle", "correlee", "histogram", "histogramme", "distribution", "boxplot", "box", "median", "mediane",
        "vs", "versus", "against", "contre", "lien", "link", "impact", "effect", "effet", "influence",
        "variance", "deviation", "percentile", "quartile", "max", "maximum", "min", "minimum", "ecart", "regression",
    )
)  # fmt: skip
PLACED = frozenset(  # what says where, how or for whom, and begins anew behind what is left out
    ("in", "at", "for", "from", "through", "via", "to", "on", "en", "a", "au", "aux", "pour", "chez", "dans", "sur")
)
NUMBERS = {
    **dict.fromkeys(("two", "deux"), 2),
    **dict.fromkeys(("three", "trois"), 3),
    **dict.fromkeys(("four", "quatre"), 4),
    **dict.fromkeys(("five", "cinq"), 5),
    "six": 6,
    **dict.fromkeys(("seven", "sept"), 7),
    **dict.fromkeys(("eight", "huit"), 8),
    **dict.fromkeys(("nine", "neuf"), 9),
    **dict.fromkeys(("ten", "dix"), 10),
    **dict.fromkeys(("twelve", "douze"), 12),
    **dict.fromkeys(("fifteen", "quinze"), 15),
    **dict.fromkeys(("twenty", "vingt"), 20),
}
STOP = """
    a | a ce jour | a ete | about | actuellement | affiche | afficher | affichez | ai | aimerais | ainsi | all time |
    altogether | amabilite | among us | amount | amount of | an | appele | are | are there | area chart | as | asap |
    at | at all | at the moment | au | augmentation | augmente | augmentent | augmenter | aujourd | auriez |
    auriez vous | aux | avait | avez | avons | baissait | baisse | baissent | baisser | bar | bar chart | bar graph |
    bars | basically | be | been | between | bonjour | bouge | bring | brings | brought | brought in |
    by our customers | by the | by the customers | c | calculate | calcule | calculer | called | came | camembert |
    can | carte | ce | cela | ces | cet | cette | change | changed | changing | chart | chez | chiffre des |
    chiffres |
    chute | chutent | ci | combien y a t il | combined | come from | comes | comes from | coming | comment |
    communiquer | compute | concernant | concerning | containing | contenant | could | create | croissance |
    currently | d | dans | data | de | decline | declined | declining | decrease | decreased | decreasing | des |
    diagramme | did | different | diminue | diminuent | diminution | dis | dis moi | display |     distribution of |
    do | does | doing | done | donne | donne moi | donnees | donner | donnez | donnez moi | dont |
    dont le nom contient | down | draw | du | during | each of the | elle | elles | en | enregistre | ensemble |
    entire | entre | est | est ce | est ce que | etaient | etait | ete | etre | eu | ever | exactly | faire | fait |
    faits | fall | fallen | falling | falls | faut | fell | figure | figures | find | for | fournir | from |
    map | map of | choropleth | carte de chaleur | carte thermique | diagramme circulaire | graphique circulaire |
    barre | barres | barres empilees | en barres | empile | empilee | empilees | aires empilees | stacked area |
    area plot | bubble chart | bubble | bubbles | donut | donut chart | doughnut | treemap | column chart | bar plot |
    line plot | as a line | as lines | as bars | as a bar | as a pie | as a map | place | en courbe | en camembert |
    barplot | x | y = | ordered | filled | showing | shows | depict | draw me | distinct | distincts |
    distincte | distinctes | differents | differente | differentes | uniques | trace | tracer | tracez | dessine |
    dessiner | ranked | trie | triee | tries | triees | triees par | generate |
    growth rate | growth rates | taux de croissance |
    generated | genere | generent | generes | gentillesse | get | give | give me | go | going | gone | got | graph |
    graphique | grew | grouped bar chart | grow | growing | grown | growth | had | had the | has | hausse | have |
    heat map | heatmap | hello | hey | hi | higher | i | il | ils | in | in total |
    increase | increased | increasing | indiquer | individual | is | is there | issu | issus | it | its | j | je |
    jusqu | kind of | know | l | la | le | les | let | lets | leur | leurs | level | levels | like | likely |
    line chart | line graph | ll | look at | lors | lower | m | ma | made | make | make up | me | merci | mes | moi |
    mon | montant | montants | montre | montre moi | montrer | montrez | montrez moi | much did | my | n |
    name contains | named | need | niveau | nom | nos | notre | nous | now on | number | numbers |
    of | ok | on | one | ones | only in | ont | ont ete | ordered by | our | overall | overview | paid |
    paid by customers | par les clients | parmi | passe | passees | passer | pay | paye | paye par les clients |
    payee | payees | payees par les clients | payer | payes | payes par les clients | perform | performance |
    performed | performing | peut | peux | peux tu | pie | pie chart | placed | plait | please | plot | pls | pour |
    pourriez | pouvez | progresse | progression | proviennent | provient | qu | que | quoi | rapporte | rapportent |
    realise | realisee | realiser | realises | recul | recule | reculent | regarding | reparti | repartis |
    repartition | repartition des | repartition du | report | represente |
    representent | respective | right now | rise | risen | rising | rose | s | s il vous plait | sa | se | see |
    ses | should | show | show me | so | so far | something | son | sont |
    soon | sort by | sorted | sorted by | souhaite | stacked | stacked bar chart | stp | stuff | sur | svp | t |
    take | taken |
    te | tell | tell me | than | thank | thanks | that | the | their | then | there | these | they | think | this |
    those | to | toi | took | total for | total general | transmettre | trouve | trouver | tu | type | type de |
    type of | types of | un | une | up | us | va | valeur | valeurs | value | values | variation | various | veux |
    viennent | vient | visualise | visualize | voir | vont | vos | votre | voudrais | vous | want | was | we | went |
    were | were there | when | where | which had | which has | whole | whose name contains | with the |
    with the name |
    pris | prise | prises | prennent | took | recolte | recoltes | recoltee | recoltees | reverser |
    accueilli | accueillie | accueillis | accueillies |
    tombe | tombent | effectue | effectues | effectuee | effectuees | traite | traites | traitee | traitees | used |
    consumed | consomme | consommes | consommee | consommees | burned | handled | carried out | out of | served |
    attended |
    released | recorded | registered | enregistres | enregistrees |
    within | ceux | celles | celui | celle | ceux qui | celles qui | those who | nous reste | il nous reste |
    il reste |
    reste t il | over the | through | via | livres depuis | livrees depuis | livre depuis | livres en | livrees en |
    delivered by | delivered from | shipped by | shipped from | would | y | y a t il | y compris | you | your
"""
