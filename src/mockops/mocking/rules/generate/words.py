"""The words that made-up data is made of.

Why a word list and no library: generated bodies promise to be the same bytes on every machine. A library of fake data
promises no such thing from one release to the next, costs a quarter of a second to import (the time in which a mock
should have answered already), and its e-mail domains and telephone numbers belong to somebody. mimesis serves
templates, where a person asks for it by name. Everything here is reserved for examples (RFC 2606, RFC 5737, the
fictitious 555-01xx range of the North American numbering plan) or names nobody in particular.
"""

from __future__ import annotations


def _words(text: str, mark: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(mark))


FIRST_NAMES = _words(
    "Ada Alan Amara Amelia Anika Aria Arjun Astrid Barbara Beatriz Bruno Carlos Chidi Chloe Clara Daniel Dorothy Edith "
    "Elena Elif Emil Emma Fatima Felix Finn Freya Grace Hana Hannah Hedy Hugo Ibrahim Ines Isaac Ivan Jonas Jun Kaito "
    """
        Karen Katherine Kenji Lars Laura Leila Leo Lena Lina Lucas Luca Mae Maria Marie Mateo Maya Mei Mia
        Mila Nadia Niels
    """
    "Nina Noah Nora Oliver Olivia Omar Oscar Priya Rafael Ravi Rosa Rosalind Samuel Sara Sofia Stella Theo Tomas Vera "
    "Victor Wei Yara Yuki Zoe"
)
LAST_NAMES = _words(
    "Adams Almeida Andersson Bauer Becker Bell Bennett Berg Bianchi Brooks Byron Carter Castro Chen Clarke Cohen Costa "
    "Curie Diaz Dubois Evans Fischer Fernandez Garcia Gray Haddad Hansen Hoffmann Hopper Hughes Ito Ivanova Jansen "
    "Johnson Kaur Keller Kim Klein Kowalski Kumar Lamarr Larsen Lee Lindberg Lopez Lovelace Martin Meyer Moreau Morgan "
    "Nakamura Nguyen Nielsen Novak Okafor Olsen Patel Pereira Petrov Quinn Reyes Ricci Rivera Rossi Sato Schmidt Silva "
    "Singh Smith Suzuki Tanaka Torres Turing Vargas Visser Wagner Walker Weber Williams Wilson Wright Yamamoto Young "
    "Zhang Zimmermann"
)
CITIES = (
    ("Amsterdam", "North Holland", "NL", "Netherlands", "1012 AB", "Europe/Amsterdam", 52.3676, 4.9041),
    ("Austin", "Texas", "US", "United States", "78701", "America/Chicago", 30.2672, -97.7431),
    ("Bangalore", "Karnataka", "IN", "India", "560001", "Asia/Kolkata", 12.9716, 77.5946),
    ("Barcelona", "Catalonia", "ES", "Spain", "08001", "Europe/Madrid", 41.3874, 2.1686),
    ("Berlin", "Berlin", "DE", "Germany", "10115", "Europe/Berlin", 52.52, 13.405),
    ("Boston", "Massachusetts", "US", "United States", "02108", "America/New_York", 42.3601, -71.0589),
    ("Cape Town", "Western Cape", "ZA", "South Africa", "8001", "Africa/Johannesburg", -33.9249, 18.4241),
    ("Copenhagen", "Capital Region", "DK", "Denmark", "1050", "Europe/Copenhagen", 55.6761, 12.5683),
    ("Dublin", "Leinster", "IE", "Ireland", "D02 AF30", "Europe/Dublin", 53.3498, -6.2603),
    ("Helsinki", "Uusimaa", "FI", "Finland", "00100", "Europe/Helsinki", 60.1699, 24.9384),
    ("Lisbon", "Lisbon", "PT", "Portugal", "1100-148", "Europe/Lisbon", 38.7223, -9.1393),
    ("London", "England", "GB", "United Kingdom", "EC1A 1BB", "Europe/London", 51.5072, -0.1276),
    ("Melbourne", "Victoria", "AU", "Australia", "3000", "Australia/Melbourne", -37.8136, 144.9631),
    ("Nairobi", "Nairobi County", "KE", "Kenya", "00100", "Africa/Nairobi", -1.2921, 36.8219),
    ("Osaka", "Osaka", "JP", "Japan", "530-0001", "Asia/Tokyo", 34.6937, 135.5023),
    ("Paris", "Ile-de-France", "FR", "France", "75001", "Europe/Paris", 48.8566, 2.3522),
    ("Portland", "Oregon", "US", "United States", "97201", "America/Los_Angeles", 45.5152, -122.6784),
    ("Rome", "Lazio", "IT", "Italy", "00184", "Europe/Rome", 41.9028, 12.4964),
    ("Seoul", "Seoul", "KR", "South Korea", "04524", "Asia/Seoul", 37.5665, 126.978),
    ("Stockholm", "Stockholm County", "SE", "Sweden", "111 20", "Europe/Stockholm", 59.3293, 18.0686),
    ("Toronto", "Ontario", "CA", "Canada", "M5H 2N2", "America/Toronto", 43.6532, -79.3832),
    ("Vienna", "Vienna", "AT", "Austria", "1010", "Europe/Vienna", 48.2082, 16.3738),
    ("Warsaw", "Masovia", "PL", "Poland", "00-001", "Europe/Warsaw", 52.2297, 21.0122),
    ("Zurich", "Zurich", "CH", "Switzerland", "8001", "Europe/Zurich", 47.3769, 8.5417),
)
"""City, region, country code (ISO 3166-1 alpha-2), country, postal code, time zone, latitude, longitude."""

STREETS = _words(
    "Maple Street|Oak Avenue|Elm Street|Station Road|Church Lane|Park Avenue|Mill Road|High Street|Harbour Street|"
    "Garden Lane|River Road|Market Square|Victoria Road|Cedar Drive|Lake View|Bridge Street",
    "|",
)
COMPANIES = _words(
    "Acme|Aurora|Bluebird|Borealis|Cobalt|Corner|Driftwood|Ember|Evergreen|Fjord|Granite|Harbor|Juniper|Keystone|Lantern|"
    "Lumen|Meridian|Northwind|Orchard|Pinnacle|Quartz|Redwood|Sable|Summit|Tidewater|Umber|Vertex|Wavelength|Willow",
    "|",
)
COMPANY_KINDS = (
    "Labs",
    "Industries",
    "Systems",
    "Partners",
    "Group",
    "Works",
    "Logistics",
    "Foods",
    "Studio",
    "Holdings",
)
JOBS = _words(
    "Software Engineer|Product Manager|Data Analyst|Account Manager|Designer|Nurse|Teacher|Architect|Accountant|"
    "Support Specialist|Site Reliability Engineer|Operations Manager|Research Scientist|Electrician|Editor",
    "|",
)
DEPARTMENTS = ("Engineering", "Sales", "Marketing", "Finance", "Support", "Operations", "Legal", "Research", "People")
ADJECTIVES = _words(
    "amber bold brave bright calm clever cosy crisp curious daring eager early fresh gentle golden grand green happy "
    "honest jolly keen light lively lucky mellow modern nimble noble pale plain proud quick quiet rapid royal sharp "
    "silent silver simple sleek smart smooth soft solar solid spry steady sunny swift tidy vivid warm wise young"
)
NOUNS = _words(
    "anchor arrow atlas badge beacon bridge brook candle canyon cedar cloud comet compass coral crane delta dune eagle "
    """
        ember falcon fern field flint forest fox garden glacier harbor hazel heron horizon island jasper
        kernel kite lagoon
    """
    "lantern leaf lotus maple meadow mesa mist moon nest oak ocean orbit otter panda pearl pebble pine planet prairie "
    "quartz raven reef ridge river robin sage sail shore spark sparrow spring star stone stream summit tiger trail "
    "valley wave willow wind wolf"
)
PRODUCTS = (
    "Backpack",
    "Bicycle",
    "Blanket",
    "Bookshelf",
    "Bottle",
    "Camera",
    "Candle",
    "Chair",
    "Clock",
    "Coat",
    "Cup",
    "Desk",
    "Headphones",
    "Jacket",
    "Kettle",
    "Keyboard",
    "Lamp",
    "Mug",
    "Notebook",
    "Pen",
    "Pillow",
    "Plate",
    "Scarf",
    "Shirt",
    "Shoes",
    "Speaker",
    "Sofa",
    "Table",
    "Tent",
    "Umbrella",
    "Wallet",
    "Watch",
)
MATERIALS = ("Bamboo", "Ceramic", "Canvas", "Copper", "Cotton", "Glass", "Leather", "Linen", "Oak", "Steel", "Wool")
PETS = _words("Bella Biscuit Charlie Coco Daisy Felix Ginger Luna Max Milo Nala Oscar Pepper Rocky Ruby Simba Toby")
SENTENCES = (
    "Delivered on time and in good order.",
    "Please leave the parcel with the neighbour.",
    "The first version covers the most common cases.",
    "Everything needed to get started, in one place.",
    "Made for everyday use and built to last.",
    "A short note for whoever reads this next.",
    "Updated after the review on Monday.",
    "Works out of the box with no further setup.",
    "Customers asked for this more than for anything else.",
    "Keep in a cool and dry place.",
    "See the attached document for the details.",
    "Approved by the team and ready to go.",
)
TITLES = (
    "Getting started",
    "Quarterly report",
    "Summer collection",
    "Weekly digest",
    "Release notes",
    "Team offsite",
    "Customer survey",
    "Product launch",
    "Budget review",
    "Design guidelines",
    "Field notes",
    "Roadmap",
)
CATEGORIES = (
    "books",
    "clothing",
    "electronics",
    "food",
    "garden",
    "health",
    "home",
    "music",
    "office",
    "sports",
    "toys",
)
TAGS = ("new", "popular", "sale", "featured", "limited", "eco", "bestseller", "archive", "draft", "beta", "urgent")
COLORS = (
    ("black", "#1a1a1a"),
    ("blue", "#1e6fd9"),
    ("brown", "#7b4b2a"),
    ("green", "#2e9e5b"),
    ("grey", "#8a8f98"),
    ("orange", "#f28c28"),
    ("pink", "#e86a9a"),
    ("purple", "#7a4fd1"),
    ("red", "#d64545"),
    ("teal", "#1f9d9d"),
    ("white", "#fafafa"),
    ("yellow", "#f2c94c"),
)
CURRENCIES = (
    ("USD", "US Dollar", "$"),
    ("EUR", "Euro", "€"),
    ("GBP", "Pound Sterling", "£"),
    ("CHF", "Swiss Franc", "CHF"),
    ("JPY", "Yen", "¥"),
    ("SEK", "Swedish Krona", "kr"),
    ("CAD", "Canadian Dollar", "$"),
    ("AUD", "Australian Dollar", "$"),
)
LANGUAGES = (
    ("en", "English", "en-US"),
    ("de", "German", "de-DE"),
    ("fr", "French", "fr-FR"),
    ("es", "Spanish", "es-ES"),
    ("it", "Italian", "it-IT"),
    ("pt", "Portuguese", "pt-PT"),
    ("nl", "Dutch", "nl-NL"),
    ("ja", "Japanese", "ja-JP"),
    ("sv", "Swedish", "sv-SE"),
)
STATUSES = ("active", "pending", "completed", "processing")
USER_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
)
TEST_CARDS = (("visa", "4242424242424242"), ("mastercard", "5555555555554444"), ("amex", "378282246310005"))
"""Card brand and the number that payment providers publish for tests; it passes the Luhn check and pays nothing."""

IBANS = ("DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606", "NL91ABNA0417164300")
"""The example numbers of the IBAN registry."""

MIME_TYPES = (
    ("image/png", "png"),
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("image/jpeg", "jpg"),
    ("text/plain", "txt"),
)
DOMAINS = ("example.com", "example.org", "example.net")
HEX = "0123456789abcdef"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
ALPHANUMERIC = LETTERS + DIGITS
TOKEN = LETTERS.upper() + LETTERS + DIGITS
