"""Makes up bank-transaction descriptions, each with its category. Every merchant is invented.

The texts come from one seeded generator: the same seed gives the same texts. Some are cut and
some have a slip of the finger, as bank statements do.
"""

import random
import string

MERCHANTS = {
    "groceries": [
        "greenleaf market", "corner grocer", "harvest foods", "daily basket supermarket",
        "sunny valley farm shop", "pantry plus", "fishmonger at the quay", "oak street bakery",
        "bulk and bean", "nordmarkt supermarket", "village butcher", "fresh and near",
    ],
    "eating-out": [
        "cafe lindgren", "blue door espresso", "noodle house", "pizzeria da marta",
        "the copper pot restaurant", "taco wagon", "sushi kiosk", "burger yard",
        "delivery by hungry hare", "falafel corner", "the old brewery pub", "ice cream parlour",
    ],
    "rent": [
        "riverside property management", "apartment 4b landlord", "maple court housing",
        "city housing association", "monthly rent flat 12", "keystone lettings",
        "storage unit rental", "garage rent",
    ],
    "transport": [
        "metro transit", "central station tickets", "regional railways", "city bike share",
        "northgate fuel", "harbour ferry", "taxi 4711", "airport shuttle", "parking garage west",
        "toll road", "greenleaf market fuel", "scooter ride",
    ],
    "salary": [
        "acme works payroll", "salary", "wages", "monthly pay globex", "employer transfer",
        "payroll initech", "bonus payment", "expenses refund employer",
    ],
    "utilities": [
        "city water works", "north power and light", "gas supply", "broadband provider",
        "mobile phone plan", "waste collection", "district heating", "electricity bill",
    ],
    "shopping": [
        "thread and button clothing", "page turner books", "gadget barn", "home and hearth",
        "toy box", "garden centre", "second wind sports", "paper and pen", "shoe cabinet",
        "furniture depot", "online marketplace order", "harvest home decor",
    ],
    "health": [
        "pharmacy at the park", "dr weber dental practice", "optician clear view",
        "physiotherapy studio", "health insurance premium", "city clinic", "eye hospital",
        "blue door pharmacy",
    ],
    "entertainment": [
        "streamline video subscription", "tune cloud premium", "cinema palace", "concert tickets",
        "game shelf online", "museum of the city", "daily news subscription", "bowling alley",
        "climbing hall pass", "theatre box office",
    ],
    "cash": [
        "atm withdrawal", "cash machine", "cash withdrawal branch", "atm high street",
        "cash point", "cash advance",
    ],
}

CATEGORIES = list(MERCHANTS)

BEFORE = {
    "salary": ["", "credit ", "incoming transfer ", "bacs ", "sepa credit "],
    "rent": ["", "standing order ", "transfer to ", "direct debit "],
    "utilities": ["", "direct debit ", "standing order ", "invoice "],
    "cash": ["", "card ", "debit "],
}
CARD = ["", "", "card payment ", "pos ", "contactless ", "visa debit ", "online payment ", "sq *"]
CITIES = ["", "", "london", "berlin", "leeds", "porto", "oslo", "lyon", "cork", "graz", "turku"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def tail(rng: random.Random, category: str) -> str:
    """What a bank puts behind the merchant's name."""
    month = rng.choice(MONTHS)
    tails = [
        "",
        rng.choice(CITIES),
        f"{rng.randint(1, 28):02d} {month}",
        f"ref {rng.randint(1000, 999999)}",
        f"#{rng.randint(1, 999)} {rng.choice(CITIES)}",
        f"{rng.choice(CITIES)} {rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}",
    ]
    if category in ("salary", "rent", "utilities"):
        tails += [month, f"{month} 20{rng.randint(19, 26)}"]
    return rng.choice(tails)


def slip(rng: random.Random, text: str) -> str:
    """A letter doubled, lost or wrong."""
    at = rng.randrange(len(text))
    letter = rng.choice([text[at] * 2, "", rng.choice(string.ascii_lowercase)])
    return text[:at] + letter + text[at + 1 :]


def text(rng: random.Random, category: str) -> str:
    """One description of `category`."""
    before = rng.choice(BEFORE.get(category, CARD))
    merchant = rng.choice(MERCHANTS[category])
    if rng.random() < 0.15:
        merchant = merchant[: rng.randint(6, 14)].strip()
    if rng.random() < 0.1:
        merchant = slip(rng, merchant)
    line = " ".join(f"{before}{merchant} {tail(rng, category)}".split())
    return line.upper() if rng.random() < 0.5 else line


def made(seed: int, count: int) -> list[tuple[str, int]]:
    """`count` descriptions, each with the place of its category in `CATEGORIES`."""
    rng = random.Random(seed)
    places = [rng.randrange(len(CATEGORIES)) for _ in range(count)]
    return [(text(rng, CATEGORIES[place]), place) for place in places]
