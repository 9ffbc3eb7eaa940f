"""What columns are called in many languages: patterns of squeezed names (see `names.plain`), by role."""

import re

SYNONYMS = {
    "customer_id": "customer kundennummer kundennr kundenid kunde cliente idcliente clienteid client customerid "
    "clientid custid idclient numeroclient subscriber account accountid numeroadherent noadherent adherent "
    "kundenr kundnr "
    "mitgliedsnummer mitgliedsnr mitglied klantnummer klantnr klantid klant membro socio numerosocio policynumber "
    "numeropolice vertragsnummer 顧客id 顧客番号 会員番号 顧客 会員id 客户编号 고객번호 id",
    "churned": "churn churned left exited attrition attrited resilie resiliation parti depart cancelled target "
    "gekundigt kundigung abgewandert baja abandono abandonou cancelado cancelou cancelacion cancelamento fuga "
    "rezygnacja 解約 解約済み 解約フラグ 解約有無 退会 退会フラグ 離反 是否流失 流失 离网 是否离网 이탈 이탈여부 "
    "해지 해지여부",
    "tenure": "tenuremonths months monthsonbook monthssubscribed anciennete mois moisanciennete anciennetemois "
    "tenureinmonths monthsascustomer tenureyears tenureinyears tenureyr tenureyrs yearsascustomer yearswithus "
    "yearswithbank monthssincesignup monthssincesignedup monthssincejoining monthssincejoined monthssincestart "
    "monthssinceregistration monthssinceactivation monthssinceopening dayssincesignup dayssincejoining "
    "dayssincejoined "
    "dayssincestart dayssinceregistration yearssincesignup yearssincejoining yearssincejoined moisdepuisinscription "
    "monthsinservice monthsofservice servicemonths lengthofservice anzianita anzianitamesi anzianitainmesi "
    "looptijd looptijdmaanden mesespermanencia mesesdepermanencia mesescomocliente "
    "laufzeit laufzeitmonate laufzeitinmonaten laufzeitmonaten monateseitbeginn monateseitvertragsbeginn "
    "yearsatcompany customersinceyears yearscustomer tenuredays tenureindays daysascustomer tenureweeks "
    "ancienneteannees 契約月数 利用月数 가입개월수 가입기간 이용개월수 "
    "lengthofmembership membershiplength lengthofrelationship lengthofsubscription customerfor memberfor clientfor "
    "开户时长 在网时长 入网时长 合作时长 客户时长 kundeseit kundsedan klantsinds ご利用期間 契約期間 "
    "利用期間 加入期間 会員期間 "
    "مدةالاشتراك مدةالعضوية стажклиента срокобслуживания "
    ""
    "musteriliksuresi uyeliksuresi stazmiesiace staz aboneliksuresiay aboneliksuresi musterilikay "
    "tenurem tenuremo tenuremos "
    "ancienneteans ancienneteenannees ancienneteenans ancienneteenmois ancienneteenjours anciennetejours "
    "antiguedadmeses "
    "antiguedad antiguedadanos tempomeses tempodecasa tempodecliente mesescliente permanenciameses permanencia "
    "antiguidade antiguidademeses klantsindsmaanden vertragsdauermonate vertragsdauer vertragsdauerjahre",
    "monthly_charges": "monthlycharges monthlycharge monthlyfee mrr mensualite facturemensuelle cotisationmensuelle "
    "facturamensual cuotamensual monatsbeitrag tarifmensuel prixmensuel montantmensuel abonnementmensuel mensualites "
    "loyermensuel monatlichegebuhr monatsgebuhr monatlicherbeitrag monatlichekosten monatspreis grundgebuhr "
    "canonemensile quotamensile mensalidade valormensal precomensal preciomensual maandbedrag maandprijs "
    "oplatamiesieczna 月額料金 月额 月消费 월요금 월이용료 월납부액 aylikucret "
    "monthlyprice monthlyamount monthlypayment "
    "monthlyrate monthlycost monthlyrevenue monthlybill monthlyspend manadsavgift manadskostnad maanedsafgift "
    "precomensile costomensile "
    "subscriptionfee "
    "pricepermonth feepermonth "
    "abonnement",
    "total_charges": "totalcharges totalcharge totalspend totalfacture",
    "contract": "contracttype typecontrat contrat",
    "payment_method": "paymentmethod payment modepaiement moyenpaiement paiement",
    "internet_service": "internetservice internet",
    "gender": "sex sexe genre",
    "senior_citizen": "seniorcitizen senior",
    "on_hand": "stock instock onstock quantityonhand available quantity qty enstock stockdisponible quantite "
    "stockphysique stockactuel stockactual estoqueatual existencia "
    "stockfinal qtestock qteenstock quantiteenstock quantitestock stockqty stockquantity stocklevel currentstock "
    "closingstock inventory inventorylevel soh qoh onhandqty bestand lagerbestand lagermenge giacenza existencias "
    "inventario estoque voorraad 在庫 在庫数 库存 재고",
    "on_order": "encommandefournisseur "
    "ordered underway incoming quantityonorder encommande commande attendu qteencommande bestellt "
    "offenebestellung "
    "bestellmenge pendiente pedidopendiente inordine inbestelling",
}
# That somebody left, in letters whose words are not parted or stand in many forms: anywhere in a name.
LEFT = re.compile(
    r"解約|退会|離反|流失|离网|销户|이탈|해지|غادر|مغادر|إلغاء|الغاء|انسحب|تسرب|ушел|ушёл|отток|расторг|נטש|עזב|αποχωρ|ακυρ"
)
# Said of what was agreed as well as of what has passed.
TERM = re.compile(r"laufzeit|vertrags(?:dauer|jahre|monate)")
_SPAN = r"(?:days?|weeks?|months?|mths?|mos?|years?|yrs?|jours?|semaines?|mois|annees?|ans?|tagen?|wochen?|monaten?|"
_SPAN += r"jahren?|mes(?:es|i|e)?|an[io]s?|anni|maanden|jaar|jaren)"
_WHO = r"(?:customer|client|member(?:ship)?|account|subscri(?:ber|ption)|policy|relationship|compte|adherent|abonne|"
_WHO += r"kunden|mitglied(?:er|s|schafts)?|vertrags|konto)"
# Squeezed names of how long somebody has been a customer.
BEEN = re.compile(
    rf"{_WHO}?(?:tenure|seniority|anciennete|zugehorigkeit)(?:in|en|du|de|la|client|adherent|compte|relation)*{_SPAN}?|"
    rf"{_WHO}(?:age|length|duration)?(?:in)?{_SPAN}|"
    rf"(?:{_WHO}|client|cliente|socio|kunde|klant|abonnent)(?:seit|since|depuis|desde|dal|da|sinds|sedan|siden)(?:in|en)?{_SPAN}|"
    rf"{_SPAN}(?:of|as|an?|with|d|de|our|the)*(?:membership|relationship|customer|client|member|company|us|insured|"
    r"subscribed|enrolled|abonnement|adhesion|anciennete|relation|mitgliedschaft|kunde|mitglied)"
)
# Squeezed names of the day on which somebody became a customer.
_CAME = r"sign(?:ed)?up|join(?:ed|ing)?|start(?:ed)?|registered|registration|activat(?:ed|ion)|enrolled|open(?:ed|ing)"
_CAME += r"|hired?"
BEGUN = re.compile(
    r"(?:customer|client|member(?:ship)?|subscriber|subscription|account|contract)?"
    rf"(?:since|(?:{_CAME}|created)(?:date|day|on|at)?)|"
    rf"date(?:of)?(?:{_CAME})|(?:client|adherent|membre|abonne)?depuis(?:le)?|"
    r"date(?:de|d)?(?:inscription|adhesion|entree|souscription|ouverture|debut(?:contrat|abonnement)?)|"
    r"(?:kunde|mitglied)?seit|(?:eintritts?|beitritts?|anmelde|registrierungs?|vertragsbeginn|start)(?:datum)?|"
    r"(?:cliente|socio)desde|desde|fecha(?:de)?(?:alta|inicio|registro|ingreso)|(?:cliente|socio)dal|"
    r"data(?:de|di)?(?:iscrizione|attivazione|cadastro|adesao|inicio)|klantsinds|inschrijfdatum"
)
# Squeezed names of what is paid each month, in either order; of what somebody earns or uses no.
_EACH = (
    r"(?:monthly|(?:per|a|each|prom?|pr|par|al|por|je|na)?(?:month|mois|monat|mes|mese|maand|maned|manad|md|mdr|mois|ay)|"
    r"mensuel(?:le)?s?|mensuales?|mensil[ei]|mensa(?:l|is)|monatlich(?:er?|es)?|miesieczn[aye]|aylik|maandelijkse?|"
    r"manedlig|manatlig|havi|mesicni)"
)
_PAID = (
    r"(?:subscription|account|service|plan|membership|policy|kontofuhrungs|abo|abonnements?)*"
    r"(?:fees?|prices?|charges?|dues|premiums?|costs?|bills?|payments?|cotisations?|prix|tarif|abonnements?|primes?|"
    r"factures?|forfait|cuotas?|precio|tarifa|canone|prezzo|quota|preco|gebuhr|beitrag|preis|kosten|oplata|abonament|"
    r"ucret|fiyat|pris|avgift|afgift|gebyr|prijs|bedrag|dij|poplatek|platba)"
)
# What members and those insured pay, without a word on how often.
DUES = re.compile(
    r"(?:membership|member|policy|insurance|subscription|account|plan|service|annual|mitglieds|vereins|versicherungs|abo|"
    r"jahres|quartals|montant(?:de)?(?:la)?)*(?:fees?|premiums?|dues|beitrag|beitraege|beitrage|gebuhr|pramie|cotisations?|primes?|cuotas?|"
    r"quota|contributie|premie|kontingent|premio|anuidade|skladka)(?:montant|amount|adherent|client|socio)?"
    r"(?:annuel(?:le)?s?|annu[oa]|annuale|anual|parans?|trimestriel(?:le)?s?|trimestral[ei]?|"
    r"(?:per|pro|je|par)(?:year|an|jahr|anno|ano|jaar|quarter|trimestre|quartal|kwartaal))?"
)
MONTHLY = re.compile(rf"{_EACH}(?:de|of)?{_PAID}(?:ttc|ht|eur|usd)?|{_PAID}(?:ttc|ht|eur|usd)?{_EACH}(?:ttc|ht)?")
_DAY = r"(?:date|datetime|timestamp|day|time|jour|dateheure|horodatage|ds|dt)"
_DEAL = r"(?:order(?:ed|ing)?|invoice|transactions?|trans|txn|sales?|sold|purchased?|bill(?:ing)?|receipt|ticket|"
_DEAL += r"event|booking|commande|factures?|facturation|ventes?|achat|operation)"
_OF = r"(?:of|de|d|du|des|la)?"
# What a region of the world bought, and all of them together: copies as well as money.
REGION = re.compile(
    r"(?:na|eu|jp|us|uk|row|others?|apac|emea|latam|asia|europe|(?:north|south)?america|japan|africa|china)"
    r"(?:sales|revenues?|turnover)"
)
WORLD = re.compile(r"(?:global|world(?:wide)?|allregions?)(?:sales|revenues?|turnover)")
# Squeezed names, the likeliest first. What `SALES` calls a total or a price is checked against the numbers.
SALES: dict[str, tuple[str, ...]] = {
    "timestamp": (
        rf"{_DEAL}{_DAY}|{_DAY}{_OF}{_DEAL}|{_DAY}",
        r"(?:year)?months?(?:year|date)?|"
        r"(?:period|week|month)s?(?:start|end|ending|beginning|commencing|of|date)*|weekdate|mois(?:annee)?|"
        r"semaine|periode|quarter|qtr|wk|week(?:no|num|number|ofyear)|isoweek|kw|kalenderwoche|quartal|trimestre|yearmonth|anneemois|date\w*|\w*timestamp|created(?:at|on|date)?|\w*date",
        r"(?:school|academic|fiscal|financial)?year|annee(?:scolaire)?|yr|fy|exercice|ts|epoch\w*",
    ),
    "quantity": (
        r"(?:sales|sold|order(?:ed)?|total|net|product|item|transaction|trans|txn|line)?(?:qty|quantity|quantities)(?:sold|ordered|purchased|invoiced|sales)?|"
        r""
        r"(?:quantites?|qtes?)(?:vendues?|commandees?|facturees?)?|itemcntday",
        r"units?(?:sold|sales|ordered|shipped)?|unites?(?:vendues?)?|(?:total|sold)units|salesunits|unitsales|"
        r"(?:items?|copies|tickets|cups|products?)sold|"
        r"(?:no|number|num|nb|nombre)(?:of|de|d)?(?:units?|items?|articles?|pieces?|produits?|ventes|sales|unites|products)|"
        r""
        r"pieces?|pcs|ventesunites|orderdemand|demand|demande|\w+sold|volumes?(?:sold|vendus?|ventes)?|"
        r"salesvolume|totalvolumes?|sold|cnt|count|nombre|nb|"
        r"howmany|combien|lit(?:re|er)s?|kilos?|kgs?",
    ),
    "amount": (
        WORLD.pattern + "|"
        r"(?:line|order|invoice|sales?|item|net|gross|grand|transaction|extended|ligne)*total(?:s|amount|sales?|revenues?|price|value|paid|due|ht|ttc|"
        r"line|ligne|net|brut|ventes|facture|commande)*|linetotal|extendedprice|prixtotal|montanttotal|total(?:ht|"
        r"ttc)?",
        r"(?!(?:annual|yearly|household|family|personal)+income)"  # of a customer
        r"(?:gross|net|weekly|daily|monthly|yearly|annual|line|order|invoice|sales?|transaction|purchase|retail|store|product|paid|unit)*"
        r"(?:sales?|revenues?|turnover|amount|amt|money|gmv|income|mrr)(?:amount|amt|value|ht|ttc|net|gross)*|"
        r"(?:montant|ca|chiffred?affaires?|recettes?|revenus?|ventes?|valeur)(?:ht|ttc|net|brut|ventes?|facture|ligne|jour|mois|commande|total)*|"
        r""
        r"(?:sales|order|purchase|transaction|net|gross|line|billed|invoice|deal|netto|brutto)+(?:value|wert)|"
        r"(?:sales|ventes)(?:in)?(?:eur|usd|gbp|dollars?|euros?)|" + REGION.pattern,
        r"subtotals?|soustotal|zwischensumme|values?|valeurs?|worth|gross|net|ht|ttc|netto|brutto?|(?!.*(?:discount|commission|provision|tax|vat|tip|fee|shipping|cost|refund|profit|due))"
        r"\w+(?:amount|montant|betrag|importe)",
    ),
    "unit_price": (
        r"unit(?:selling|sale|sales|retail)?price|price(?:each|per\w+)|"
        r"prix(?:de)?(?:vente)?unit(?:aire)?(?:devente)?(?:ht|ttc)?|pu(?:ht|ttc)?|itemprice|unitrate",
        r"(?:sell(?:ing)?|sales?|product|retail|net|list|avg|average|mean|actual|final)?prices?|"
        r"prix(?:de)?(?:vente)?(?:ht|ttc|net)?|tarif|"
        r"averageprice|mrp",
    ),
    "product": (
        r"stock(?:code)|sku(?:id|code|number)?|"
        r"(?:inventory)?(?:item|product|prod|article|produit|material|part)(?:id|code|no|nbr|number|num|key|ref|sku|identifier)|"
        r"(?:id|code|ref|reference|numero|num)(?:article|produit|product|item)|ean(?:13|code)?|upc|gtin|barcode|"
        r"asin|isbn",
        r"(?:item|product|produit|article|prod|sku|goods|material|menuitem|drink|book|coffee|medicine|model|make|vehicle|(?:car|bike|phone|device)model|dish|part|fuel)s?(?:name|title|nom|variant)?|"
        r""
        r"(?:nom|libelle)(?:produit|article)|reference|ref|designation|libelle|plat|carburant|what",
        r"(?:item|product|article)?(?:description|desc|details?)",
        r"rowlabels|etiquettesdelignes|zeilenbeschriftungen|etiquetasdefila|etichettediriga",  # of a pivot table
    ),
    "description": (
        r"(?:item|product|produit|article)(?:name|title|description|desc|nom)|description|designation|"
        r"libelle(?:produit|article)?|desc|"
        r"(?:nom|libelle)(?:produit|article)|name|nom|title",
    ),
    "category": (
        r"(?:product|item)?categor(?:y|ie)s?(?:name|produit)?|productline|producttype|itemtype|famille|rayon|dept|"
        r"department|departement|family|"
        r"(?:product|item)?(?:family|group|class)|gamme|typeproduit",
        r"(?:product|item)?subcategory(?:name)?|souscategorie|sousfamille",
    ),
    "store": (
        r"(?:store|shop|branch|outlet|magasin|boutique|agence|site|warehouse)s?(?:id|nbr|no|code|number|name|location|identifier|key)?|"
        r""
        r"(?:id|code|nom|numero)(?:magasin|boutique)|pointdevente|location|entrepot",
        r"country|pays|countryname|market",
    ),
    "invoice": (
        r"(?:invoice|order|transaction|bill|receipt|ticket|basket|txn)(?:no|number|num|id|nbr|code|ref(?:erence)?)?|"
        r"(?:facture|commande|ticket)s?|"
        r"(?:numero|num|no|id|ref)(?:facture|commande|cmd|ticket|transaction)|orderno",
    ),
    "customer": (
        r"(?:customer|client|buyer|member|user|cust|acheteur)(?:id|no|code|number|key|identifier)?|"
        r"(?:id|code|numero|no)client",
        r"(?:customer|client)(?:name)?|nomclient",
    ),
    "supplier": (r"(?:main|default|primary|preferred)?(?:supplier|fournisseur|vendor|manufacturer|fabricant)"
        r"(?:id|code|no|number|name|principal)?|"
        r"(?:code|nom|no|id|numero)(?:du|de)?(?:fournisseur|supplier|vendor)",),
    "unit_cost": (
        r"unitcost|costprice|cost(?:per|of)?unit|purchaseprice|prixachat|prixdachat|coutunitaire|cost|cout|"
        r"costofitem|"
        r"itemcost|buyingprice",
    ),
    "promotion": (
        r"discount(?:s|rate|pct|percent|percentage|applied)?|remise|promo|promotion|rabais|reduction|tauxremise|"
        r"markdown",
    ),
    "currency": (r"(?:local|sale|order|transaction|price|amount|total)?currency(?:code)?|devise|monnaie|curr|ccy",),
    "line_id": (r"lineid|rowid|orderlineid|invoicelineid|lineno|idligne",),
    "line_type": (r"linetype|typeligne",),
}  # fmt: skip
# The same in German, Spanish, Portuguese, Italian, Dutch, Polish, Swedish, Turkish, Russian, Japanese, Chinese and
# Korean: the likeliest only.
ELSEWHERE = {
    "timestamp": r"(?:fakt(?:ura?)?|fkt|auftrags|liefer|kauf|order|factuur|bestel|verkoop)datum|"
    r"(?:売上|注文|販売|取引|購入|計上)?(?:日付?|日時|年月日?)|"
    r"(?:销售|订单|交易)?(?:日期|时间)|(?:판매|주문|거래)?(?:날짜|일자)|maand|jaar|anno|ano|anio|jahr|data(?:ora)?|"
    r"(?:bestell|rechnungs|verkaufs|beleg|buchungs)?datum|(?:fecha|data)(?:de|da|del|di)?(?:la)?"
    r"(?:ventas?|vendas?|vendita|pedido|factura|compra|ordine)?|tag|monat|woche|mes|mese|giorno|dia|"
    r"data(?:sprzedazy|zamowienia|transakcji)|miesiac|tarih|дата(?:продажи|заказа)?|месяц",
    "quantity": r"(?:fakt(?:ura?)?|auftrags|absatz|liefer|rechnungs|netto)menge|absatz|aantal(?:verkocht)?|"
    r"hoeveelheid|stuks|(?:販売|売上|注文)?(?:数量|個数|点数|数)|"
    r"销量|수량|판매량|pezzivenduti|unita(?:vendute)?|"
    r"(?:bestell|verkaufs)?menge|anzahl|stuckzahl|stuck|cantidad(?:vendida)?|unidades(?:vendidas)?|"
    r"(?:quantidade|qtde?)(?:vendida)?|quantita(?:venduta)?|cant|pezzi|ilosc(?:sztuk)?|sztuki?|antal|adet|miktari?|"
    r"количество|колво",
    "amount": r"(?:regel|netto|bruto|totaal)?(?:bedrag|omzet)|totaal(?:bedrag|prijs)?|"
    r"netto(?:wert|umsatz|betrag|erlos)|(?:positions|waren)wert|"
    r"(?:売上|販売|合計|税込|税抜|請求)?金額円?|売上(?:高|額)?円?|合計|小計|金额|销售额|总价|금액|매출액?|합계|"
    r"(?:gesamt|rechnungs|zeilen)?(?:betrag|umsatz|preis)(?:netto|brutto)?|gesamtpreis|"
    r"erlos|"
    r"(?:importe|valor|vlr|monto|importo|totale?)"
    r"(?:total|totale|final|neto|netto|bruto|lordo|daventa|davenda|venta|venda|mensal|mensual|mensile|pago)?|"
    r"ventas(?:totales)?|vendas(?:totais)?|venta|venda|vendite|"
    r"(?:fatturato|faturamento|facturacion|ingresos(?:por(?:productos?|ventas?))?|receita|ricavi)(?:total[ei]?s?|brut[ao]|liquid[ao]|net[ao])?|"
    r"incass[oi]|arrecadacao|recaudacion|kwota|\w*wartosc(?:netto|brutto)?|sprzedaz|obrot|belopp|"
    r"(?:base)?imponib[il]l?e|(?:slut|total)pris|"
    r"forsaljning|omsattning|(?:toplam)?tutar|ciro|сумма|выручка",
    "unit_price": r"(?:netto|brutto|listen|vk)preis|(?:eenheids|stuks?|verkoop|netto|bruto)?prijs(?:perstuk)?|"
    r"(?:販売)?(?:単価|価格)円?|単価(?:税込|税抜)|单价|价格|단가|가격|"
    r"(?:einzel|stuck|verkaufs)preis|preis(?:prostuck|jestuck)|preis|(?:precio|preco|prezzo)"
    r"(?:unitario|deventa|devenda|unit|unidad|d[eio]l?(?:produto|producto|prodotto|articulo))?|(?:valor|vlr|vl)unit(?:ario)?|pvp|"
    r"cena(?:jednostkowa|zasztuke|netto|brutto)?|(?:styck|enhets?|a)?pris|(?:birim)?fiyati?|цена",
    "product": r"(?:material|artikel)(?:kurztext|nummer|nr|code)?|product(?:naam|nummer)|"
    r"(?:商品|製品|品目)(?:名|コード|id|番号)?|品名|品番|产品(?:名称|编号)?|상품(?:명|코드)?|제품명?|"
    r"descrizioneprodotto|nome(?:produto|prodotto)|nombre(?:producto|articulo)|"
    r"(?:stok|urun|malzeme)(?:kodu|no)|artikel(?:nr|nummer|bezeichnung|name)?|produkt(?:nr|nummer|name)?|(?:codigo|cod|id|codice)?(?:del?)?"
    r"(?:producto|produto|prodotto|articulo|articolo|artigo)s?|ware|towar|vara|urun(?:adi)?|товар|наименование",
    "description": r"(?:material)?kurztext|artikelbezeichnung|omschrijving|商品名|品名|产品名称|상품명|"
    r"bezeichnung|beschreibung|descripcion|descricao|descrizione",
    "category": r"categorie|productgroep|カテゴリー?|分類|部門|类别|카테고리|분류|"
    r"kategori(?:e|a)?|warengruppe|produktgruppe|categoria|familia|famiglia|sortiment|категория",
    "store": r"winkel|filiaal|vestiging|店舗(?:名|コード|id)?|店名?|支店|门店|매장|지점|puntodevendita|"
    r"verkaufsstelle|niederlassung|"
    r"filiale|laden|markt|standort|tienda|sucursal|loja|negozio|puntovendita|filial|sklep|butik|magaza|магазин",
    "invoice": r"(?:factuur|bestel|order|bon)(?:nummer|nr)|(?:伝票|注文|取引|レシート)(?:番号|id|no)|订单号|"
    r"주문번호|(?:beleg|faktura?)(?:nr|nummer)?|(?:scontrino|ricevuta)(?:n|nr|numero)?|"
    r"(?:rechnungs?|bestell|beleg|auftrags?)(?:nr|nummer)|pedido|(?:numero|num|no|n)?(?:de|da)?"
    r"(?:factura|fatura|fattura|pedido|ordine)|idpedido|zamowienie|fis|siparis|заказ",
    "customer": r"klant(?:nummer|nr|id|naam)?|(?:顧客|会員|得意先|お客様)(?:名|コード|id|番号)?|"
    r"客户(?:名称|编号)?|고객(?:명|번호|id)?|auftraggeber|debitor|"
    r"kunden?(?:nr|nummer|id)?|(?:id|codigo|cod|codice)?(?:cliente)|klient|kund|musteri|клиент|покупатель",
    "unit_cost": r"(?:einkaufs|einstands|ek)preis|ek|kostprijs|inkoopprijs|"
    r"(?:precio|preco|prezzo)(?:de|di)?(?:compra|acquisto|costo|custo|coste)|原価|仕入(?:単価|価格|原価)?|成本|"
    r"원가|"
    r"(?:prix|pa)(?:dachat|achat)?(?:unitaire)?(?:ht)|selbstkosten|"
    r"einkaufspreis|(?:coste|costo|custo)(?:unitario)?",
    "promotion": r"korting|値引率?|割引率?|折扣|할인율?|"
    r"rabatt|descuento|desconto|"
    r"sconto",
    "currency": r"parabirimi|doviz(?:cinsi|kodu)?|waluta|mena|penznem|valyuta|"
    r"валюта|العملة|מטבע|νομισμα|货币代码|币种|幣別|"
    r"wahrg|waehrg|munt(?:eenheid)?|通貨|货币|통화|"
    r"wahrung|waehrung|moneda|moeda|valuta|divisa",
    "supplier": r"leverancier|kreditor|仕入先|供应商|공급업체|"
    r"lieferant(?:en)?|proveedor|fornecedor|fornitore",
}  # fmt: skip
# The same in languages that the patterns above do not know, as whole names: Arabic, Persian, Hebrew, Greek, Thai,
# Hindi, Vietnamese, Indonesian, Czech, Hungarian, Romanian, Ukrainian, Finnish, Danish and Norwegian.
FURTHER = {
    "timestamp": "التاريخ|تاريخ|الیوم|اليوم|الشهر|تاریخ|תאריך|ημερομηνία|μήνας|วันที่|เดือน|दिनांक|तारीख|ngày|"
    "ngày bán|tháng|tanggal|bulan|měsíc|dátum|hónap|dată|data vânzării|luna|дата продажу|місяць|"
    "päivä|päivämäärä|pvm|kuukausi|dato|måned|uge|uke|dag|saison|season|season week",
    "quantity": "الكمية|كمية|العدد|تعداد|כמות|ποσότητα|τεμάχια|จำนวน|मात्रा|संख्या|số lượng|jumlah|kuantitas|"
    "množství|počet|ks|kusů|mennyiség|darab|db|cantitate|buc|кількість|шт|määrä|kpl|antall|mængde|"
    "stk|nights|boxes|bottles|servings",
    "amount": "الإجمالي|الاجمالي|المبلغ|إجمالي|مبلغ|مجموع|סכום|סהכ|σύνολο|ποσό|αξία|รวม|ยอดรวม|ยอดขาย|राशि|कुल|"
    "thành tiền|tổng tiền|doanh thu|total harga|penjualan|celkem|částka|tržby|tržba|összeg|összesen|"
    "árbevétel|forgalom|valoare|sumă|suma totală|încasări|сума|виручка|виторг|summa|yhteensä|myynti|"
    "beløb|omsætning|i alt|omsetning|sum|takings|fares?|paid|charged|billed|taken|spent|spend|proceeds",
    "unit_price": "السعر|سعر|سعر الوحدة|قیمت|מחיר|τιμή|τιμή μονάδας|ราคา|ราคาต่อหน่วย|मूल्य|दर|đơn giá|giá|giá bán|"
    "harga|harga satuan|cena za kus|cena/ks|jednotková cena|egységár|ár|preț|preț unitar|ціна|hinta|"
    "yksikköhinta|stykpris|enhedspris|stk pris|tariff|rate",
    "product": "المنتج|منتج|الصنف|السلعة|محصول|کالا|מוצר|פריט|προϊόν|είδος|สินค้า|ชื่อสินค้า|उत्पाद|वस्तु|"
    "sản phẩm|tên sản phẩm|mặt hàng|produk|nama produk|nama barang|barang|zboží|výrobek|položka|"
    "název|termék|cikk|terméknév|cikkszám|produs|denumire|articol|товар|назва товару|tuote|vare|"
    "varenavn|varenr|varenummer|crops?|garment|treatment|service|show|film|movie|concert|exhibition",
    "category": "الفئة|القسم|دسته|קטגוריה|κατηγορία|หมวดหมู่|श्रेणी|danh mục|kategori|kategorie|kategória|"
    "categorie|категорія|tuoteryhmä|varegruppe",
    "store": "الفرع|المتجر|فروشگاه|סניף|κατάστημα|สาขา|दुकान|शाखा|cửa hàng|chi nhánh|toko|cabang|prodejna|"
    "pobočka|üzlet|bolt|depot|magazin|магазин|myymälä|toimipiste|butikk|afdeling",
    "invoice": "رقم الفاتورة|الفاتورة|فاکتور|חשבונית|τιμολόγιο|αρ παραστατικού|เลขที่ใบเสร็จ|बिल नंबर|hóa đơn|"
    "mã đơn hàng|nomor faktur|faktura|doklad|číslo dokladu|számla|számlaszám|factură|nr factură|чек|"
    "kuitti|lasku|bon|bilag|fakturanr|ordrenr",
    "customer": "العميل|الزبون|مشتری|לקוח|πελάτης|ลูกค้า|ग्राहक|khách hàng|mã khách hàng|pelanggan|zákazník|"
    "odběratel|vevő|ügyfél|client|клієнт|asiakas|kunde|kundenr|"
    "(?:donor|guest|patient|pupil|passenger|subscriber|tenant)(?:id|no|number|code)",
}  # fmt: skip
# What names say of money: of a whole line or of one unit. `LOOSE` names are used for money and for units alike.
TOTALS = re.compile(
    r".*(?:total|revenue|turnover|gmv|income|recette|chiffre|extended|line|ligne|gesamt|umsatz|fatturato).*|"
    r"ca(?:ht|ttc)?"
)
AVERAGES = re.compile(
    r"(?:avg|average|mean)(?:unit|sales?|selling|retail|item)*price|prix(?:de)?(?:vente)?moyen|durchschnitts?preis|"
    r"(?:precio|preco)(?:promedio|medio)|prezzomedio"
)
UNITS = re.compile(
    r"unit.*|price(?:each|per.*)|prix\w*unit.*|pu(?:ht|ttc)?|itemprice|(?:einzel|stuck)preis|\w+unit(?:ario)?"
)
LOOSE = re.compile(
    r"(?:gross|net|weekly|daily|monthly|yearly|annual|store|product|retail)*(?:sales?|ventes?|ventas?|vendas?|vendite)|"
    r"total(?:s|sales)?|volumes?|values?|actuals?|ist|reel|realise|effectif|consuntivo|realizado"
)
# What one way of selling brought, of several that are added up nowhere: retail sales beside warehouse sales.
CHANNELS = re.compile(
    r"(?:retail|wholesale|warehouse|store|instore|shop|online|web|website|ecommerce|offline|domestic|export|international|"
    r"dinein|takeaway|takeout|delivery|counter|b2b|b2c|direct|indirect|marketplace|magasin|boutique|enligne|internet)"
    r"(?:sales?|revenues?|turnover|takings)|(?:ventes?|ca|recettes?)(?:magasins?|boutiques?|enligne|web|internet|export|france)"
)
# What was sold so far: its last line is the sum, not all of them together.
RUNNING = re.compile(r"cumul\w*|\w*cumule?e?s?|ytd\w*|\w+ytd|running\w*|\w*todate|kumul\w*|\w*acumulad\w*")
COUNTED = re.compile(
    r"(?:total|no|number|nombre|numero)?(?:of|de)?(?:orders|passengers|visitors|visits|customers|clients|bookings|riders|"
    r"trips|guests|tickets|commandes|visites|passagers|pedidos|pasajeros|bestellungen|fahrgaste|ordini)"
)
