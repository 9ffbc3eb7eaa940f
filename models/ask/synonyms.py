"""What people call the measures and dimensions, in English and French: one line of words for each, in any spelling."""

from typing import Literal

from models.ask.words import split

MEASURES = {
    "revenue": """
        revenue | revenues | sales | turnover | takings | net sales | sales value | sales amount | sales revenue |
        income | money made | money earned | business volume | chiffre d'affaires | CA | ventes | vente | recettes |
        revenu | revenus | argent | montant des ventes | chiffre des ventes | chiffre | money | encaisse |
        encaissements | ticket sales | ticket revenue | billetterie | montant encaisse | cash in | through the tills |
        tills
    """,
    "gross_sales": """
        gross sales | gross revenue | sales before returns | revenue before returns | revenue without returns |
        sales without returns | revenue excluding returns | sales excluding returns | ventes brutes |
        chiffre d'affaires brut | CA brut | chiffre d'affaires hors retours | CA hors retours | ventes hors retours |
        chiffre d'affaires sans les retours | chiffre d'affaires sans retours | ventes sans retours |
        ventes avant retours | CA sans retours | revenue ignoring returns | sales ignoring returns
    """,
    "units": """
        units | unit | units sold | quantity | quantities | quantity sold | items sold | pieces | pieces sold |
        volume | number of units | number of items | sales volume | number of pieces | unites | unites vendues |
        quantite | quantites | quantite vendue | quantites vendues | pieces vendues | articles vendus |
        nombre d'unites | nombre d'articles | nombre de pieces | volume des ventes | volumes | ventes en volume |
        ventes en unites
    """,
    "orders": """
        orders | order | number of orders | order count | orders placed | invoices | invoice | number of invoices |
        number of sales | transactions | transaction | number of transactions | receipts | tickets |
        number of baskets | purchases | number of purchases | commandes | commande | nombre de commandes | factures |
        bookings | booking | number of bookings | reservations | reservation | number of reservations |
        nombre de reservations |
        facture | nombre de factures | nombre de ventes | nombre de transactions | nombre de tickets |
        tickets de caisse | achats | nombre d'achats | nombre de paniers
    """,
    "customers": """
        customers | customer | buyers | shoppers | clients | number of customers | customer count |
        number of buyers | number of clients | unique customers | distinct customers | active customers |
        active members | membres actifs | customers who bought | people who bought | client | clientes | acheteurs |
        nombre de clients | nombre d'acheteurs | clients actifs | clients uniques | clients distincts
    """,
    "new_customers": """
        new customers | number of new customers | first time buyers | first time customers | new buyers | new clients |
        nouveaux clients | nouvelles clientes | nombre de nouveaux clients | clients nouveaux | nouveaux acheteurs
    """,
    "products": """
        number of products | number of different products | number of distinct products | different products |
        distinct products | unique products | different items | distinct items | number of articles | number of skus |
        product count | assortment | nombre de produits | nombre de references | produits differents |
        produits distincts | references | nombre de produits differents | references vendues
    """,
    "stores": """
        number of stores | number of shops | store count | nombre de magasins | nombre de boutiques |
        nombre de points de vente
    """,
    "lines": """
        lines | invoice lines | sales lines | number of lines | rows | number of rows | records | number of records |
        lignes | nombre de lignes | lignes de vente | enregistrements
    """,
    "basket": """
        basket | average basket | basket size | basket value | average order value | order value | AOV |
        average order | average ticket | average purchase | average receipt | mean basket | mean order value |
        value of an order | average invoice | revenue per order | sales per order | average sale per order |
        spend per order | average transaction value | average transaction | panier | panier moyen |
        valeur moyenne des commandes | ticket moyen | montant moyen par commande | commande moyenne |
        valeur du panier | valeur moyenne du panier | CA par commande | chiffre d'affaires par commande | achat moyen |
        montant moyen des commandes | facture moyenne
    """,
    "revenue_per_customer": """
        revenue per customer | sales per customer | revenue per client | spend per customer | average spend |
        average revenue per customer | average customer spend | sales per client | turnover per customer |
        chiffre d'affaires par client | CA par client | depense moyenne | depense par client |
        depense moyenne par client | ventes par client | CA moyen par client
    """,
    "orders_per_customer": """
        orders per customer | purchase frequency | order frequency | invoices per customer | purchases per customer |
        commandes par client | frequence d'achat | achats par client | frequence des commandes
    """,
    "units_per_order": """
        units per order | items per order | pieces per order | items per basket | articles per order |
        average items per order | units per transaction | unites par commande | articles par commande |
        articles par panier | pieces par commande | items per ticket | items per receipt | units per ticket |
        articles par ticket | pieces par ticket | articles par facture | items per invoice
    """,
    "price": """
        price | prices | average price | mean price | unit price | average unit price | average selling price |
        selling price | price per unit | prix | prix moyen | prix de vente | prix unitaire | prix unitaire moyen |
        prix moyen de vente | prix de vente moyen | selling price per unit | average selling price per unit |
        average price per unit | prix de vente par unite | prix a l'unite | prix moyen a l'unite | prix par unite |
        prix moyen par unite | how much is a | how much is an
    """,
    "returned": """
        returns | returned | refunds | refunded | amount returned | value of returns | returned amount |
        returned goods | retours | remboursements | montant des retours | valeur des retours |
        marchandises retournees | retourne
    """,
    "return_rate": """
        return rate | returns rate | rate of returns | refund rate | share returned | returned share |
        percentage returned | share of returns | percent returned | percentage of returns | taux de retour |
        taux de retours | part des retours | taux de remboursement | pourcentage de retours | pourcentage de retour |
        taux des retours
    """,
    "units_returned": """
        units returned | returned units | items returned | number of returns | quantity returned | returned items |
        returned quantity | unites retournees | articles retournes | nombre de retours | quantite retournee |
        pieces retournees
    """,
    "discount": """
        discount | discounts | discounts given | promotions given | reductions | rebates | markdowns |
        discount amount | amount of discounts | given away in discounts | remise | remises | rabais |
        remises accordees | montant des remises | ristournes | reductions accordees | promotions | promotion | promos |
        promotions cost | promotion cost
    """,
    "discount_rate": """
        discount rate | average discount | mean discount | rate of discount | discount percentage | markdown rate |
        average promotion | taux de remise | remise moyenne | taux de promotion | taux de rabais | reduction moyenne |
        pourcentage de remise
    """,
    "cost": """
        cost | costs | cost of goods | cost of goods sold | COGS | cost of sales | purchase cost | purchasing cost |
        buying cost | cout | couts | cout des marchandises | cout d'achat | couts d'achat | cout des ventes |
        cout de revient | cout des marchandises vendues | prix de revient
    """,
    "unit_cost": """
        unit cost | unit costs | average cost | average unit cost | cost per unit | purchase price | buying price |
        cost price | cout unitaire | cout moyen | prix d'achat | prix d'achat moyen | prix de revient unitaire |
        cout par unite
    """,
    "margin": """
        margin | margins | gross margin | profit | profits | gross profit | earnings | contribution |
        money made on | profitable | rentable | rentables | marge | marges | marge brute | benefice | benefices |
        profit brut | gain | gains
    """,
    "margin_rate": """
        margin rate | margin % | % margin | marge % | % marge | % de marge | margin percentage | gross margin rate |
        margin percent | profit margin | profitability | margin in percent | gross margin percentage |
        percentage margin | margin share | rate of margin | profit rate | profit ratio | taux de marge |
        marge en pourcentage | rentabilite | taux de marge brute | marge en pourcent | pourcentage de marge |
        taux de profit
    """,
    "shipping": """
        shipping | postage | shipping revenue | shipping charges | delivery charges | carriage | frais de port | port |
        expedition | frais de livraison | frais d'expedition
    """,
    "fees": """
        fees | fee | bank charges | commissions | frais | frais bancaires | frais de banque
    """,
    "stock_units": """
        stock | stocks | inventory | units in stock | stock on hand | on hand | stock level | stock levels |
        inventory level | quantity in stock | units on hand | pieces in stock | unites en stock | niveau de stock |
        niveaux de stock | inventaire | quantite en stock | stock disponible | pieces en stock | articles en stock
    """,
    "stock_value": """
        stock value | value of stock | value of the stock | inventory value | value of inventory | stock worth |
        money in stock | capital in stock | valeur du stock | valeur des stocks | valeur de l'inventaire |
        stock en valeur | argent immobilise | valeur de stock | inventory worth | worth of the stock | worth of stock |
        inventory be worth | money tied up in stock | money tied up | tied up in stock | argent dans le stock |
        argent immobilise dans le stock | argent qui dort dans le stock
    """,
    "days_of_cover": """
        days of cover | cover | stock cover | days of stock | coverage of stock | how long the stock lasts |
        days of inventory | days of supply | jours de couverture | couverture | couverture de stock | jours de stock |
        how long will | how long does | how long do | stock last | stock lasts | combien de temps tient |
        combien de temps dure | combien de temps durera | couverture du stock | couverture des stocks
    """,
    "stock_out_days": """
        stock-out days | stockout days | stockouts | stock-outs | days out of stock | days sold out |
        out of stock days | jours de rupture | ruptures de stock | rupture de stock | ruptures | rupture |
        jours en rupture | jours de rupture de stock | out of stock | sold out | en rupture
    """,
    "customers.count": """
        customers | customer | number of customers | customer count | clients | client | nombre de clients |
        subscribers | abonnes | nombre d'abonnes | number of subscribers | members | membres | people | accounts
    """,
    "customers.churn_rate": """
        churn rate | churn | attrition | attrition rate | share of leavers | share who left | rate of churn |
        turnover of customers | percentage of leavers | percentage who left | loss rate | customer loss |
        taux d'attrition | taux de depart | taux de churn | part des departs | pourcentage de departs |
        taux de resiliation | taux de perte
    """,
    "customers.left": """
        customers who left | left | gone | have left | who left | partis | sont partis | leavers | number of leavers |
        lost customers | churned customers | customers lost | number of churned customers | customers left |
        departures | cancellations | clients partis | clients sont partis | clients ont quitte | departs |
        nombre de departs | clients perdus | resiliations | partants | clients qui sont partis | customers have left |
        clients resilies
    """,
}

DIMENSIONS = {
    "product": """
        product | products | item | items | article | articles | sku | skus | goods | produit | produits | reference |
        references | marchandise | marchandises
    """,
    "category": """
        category | categories | product category | product categories | department | departments | product group |
        product groups | product line | product lines | product type | product types | range | ranges | family |
        families | categorie | categorie de produits | rayon | rayons | famille | familles | gamme | gammes |
        famille de produits | type de produit | types de produits | dept | depts
    """,
    "store": """
        store | stores | shop | shops | outlet | outlets | branch | branches | location | locations | point of sale |
        points of sale | magasin | magasins | boutique | boutiques | point de vente | points de vente | succursale |
        succursales | enseigne
    """,
    "supplier": """
        supplier | suppliers | vendor | vendors | manufacturer | manufacturers | fournisseur | fournisseurs |
        fabricant | fabricants
    """,
    "customer": """
        customer | customers | client | clients | buyer | buyers | shopper | shoppers | account | accounts | cliente |
        acheteur | acheteurs | compte client
    """,
    "customer_segment": """
        segment | segments | customer segment | customer segments | rfm segment | rfm segments | segment of customers |
        segments of customers | segment client | segments clients | segment de clients | segments de clients |
        segment de clientele | segments de clientele | segment rfm | segments rfm
    """,
    "country": """
        country | countries | nation | nations | pays
    """,
    "nutriscore": """
        nutri-score | nutriscore | nutri score | nutrition grade | nutrition grades | note nutri-score |
        note nutritionnelle | nutri scores
    """,
    "nova": """
        nova | nova group | nova groups | degree of processing | processing level | groupe nova | groupes nova |
        degre de transformation
    """,
    "green_score": """
        green-score | eco-score | green score | eco score | ecoscore | score environnemental
    """,
    "sugars_level": """
        sugar content | sugar level | sugars level | teneur en sucre | teneur en sucres | taux de sucre
    """,
    "salt_level": """
        salt content | salt level | teneur en sel | taux de sel
    """,
    "fat_level": """
        fat content | fat level | teneur en matiere grasse | teneur en matieres grasses | taux de matiere grasse
    """,
    "organic_label": """
        organic label | organic or not | label bio | bio ou non
    """,
    "food_category": """
        food category | food categories | food group | categorie alimentaire | categories alimentaires |
        categorie d'aliment
    """,
    "weekday": """
        weekday | weekdays | day of the week | days of the week | day of week | jour de la semaine |
        jours de la semaine | jour de semaine
    """,
    "hour": """
        hour | hours | hourly | hour of the day | time of day | heure | heures | heure de la journee |
        heures de la journee | tranche horaire | hour of day | heure du jour
    """,
    "month_of_year": """
        month of the year | calendar month | seasonality | season | mois de l'annee | mois calendaire | saisonnalite |
        saison
    """,
}


def of(name: str, kind: Literal["measure", "dimension"]) -> tuple[str, ...]:
    """The words for a measure or dimension; none where it has none of its own."""
    return tuple(split((MEASURES if kind == "measure" else DIMENSIONS).get(name, "")))
