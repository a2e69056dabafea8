"""Invented companies and names by country. Every domain is reserved (RFC 2606, RFC 6761); nobody here exists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """`names` are "given|ascii" or plain where the ASCII form follows from the letters; so are `surnames`."""

    code: str
    language: str
    cities: tuple[tuple[str, str], ...]
    legal_form: str
    companies: tuple[str, ...]
    names: tuple[str, ...]
    surnames: tuple[str, ...]
    top: str = "example"


COUNTRIES = (
    Country(
        "NO", "en", (("Oslo", "Europe/Oslo"), ("Bergen", "Europe/Oslo")), "AS",
        ("Brightfjord", "Nordlys Data", "Fjellvann Logistikk", "Polar Kabel", "Havbris Shipping"),
        ("Ingrid", "Bjørn", "Solveig", "Håkon", "Åse", "Terje", "Liv", "Øystein"),
        ("Haugen", "Bakke", "Ødegård", "Strand", "Lund", "Myhre", "Sæther", "Nygård"),
    ),
    Country(
        "US", "en", (("Denver", "America/Denver"), ("Boston", "America/New_York"),
                     ("Austin", "America/Chicago"), ("Phoenix", "America/Phoenix"),
                     ("Portland", "America/Los_Angeles")), "Inc.",
        ("Acme", "Copper Canyon Analytics", "Maple & Main", "Bluestem Foods", "Granite Peak Health",
         "Tidewater Robotics", "Juniper Lane Media", "Red Kite Freight"),
        ("Olivia", "Marcus", "Dana", "Luther", "Priya", "Shaun", "Renée", "DeShawn", "Mary-Kate", "José"),
        ("O'Neill", "Parker", "Washington", "de la Cruz", "Nguyen", "Smith-Jones", "Abernathy", "D'Angelo"),
        "test",
    ),
    Country(
        "GB", "en", (("Leeds", "Europe/London"), ("Bristol", "Europe/London")), "Ltd",
        ("Harrow & Finch", "Kestrel Payments", "Old Mill Textiles", "Thistle Security", "Wharfside Brewing"),
        ("Eleanor", "Rhys", "Imogen", "Callum", "Siân", "Oluwaseun", "Aoife", "Hamish"),
        ("Whitlock", "MacDonald", "Okafor", "Featherstone", "Llewellyn", "Patel", "Ashworth", "O’Brien"),
    ),
    Country(
        "AT", "de", (("Wien", "Europe/Vienna"), ("Graz", "Europe/Vienna")), "GmbH",
        ("Müllerbau", "Alpenglas", "Donau Präzision", "Grünwald Energie", "Kaiserhof Catering"),
        ("Jürgen", "Käthe", "Sören", "Annelies", "Götz", "Birgit", "Matthäus", "Zoë"),
        ("Müller", "Groß", "Schönfelder", "Bäcker", "Weiß", "Königshofer", "Hüttl", "Pfleger"),
    ),
    Country(
        "CH", "de", (("Zürich", "Europe/Zurich"), ("Bern", "Europe/Zurich")), "AG",
        ("Zeitwerk Uhren", "Seeblick Treuhand", "Matterhorn Software", "Bergbahn Technik"),
        ("Urs", "Reto", "Vreni", "Beat", "Nadège", "Gian-Luca", "Silvan", "Annekäthi"),
        ("Zürcher", "Brönnimann", "Rüegg", "Lüthi", "von Arx", "Favre", "Caduff", "Bührer"),
    ),
    Country(
        "FR", "fr", (("Lyon", "Europe/Paris"), ("Nantes", "Europe/Paris")), "SAS",
        ("Atelier Lumière", "Mistral Conseil", "Vignoble du Lac", "Étoile Numérique", "Quai Ouest"),
        ("Éloïse", "François", "Maëlys", "Jérôme", "Anaïs", "Loïc", "Hélène", "Benoît"),
        ("Lefèvre", "Dupré", "L'Hôte", "Beauchêne", "Garçon", "Müllhaus", "d'Estaing", "Cœur"),
    ),
    Country(
        "ES", "es", (("Sevilla", "Europe/Madrid"), ("Bilbao", "Europe/Madrid")), "S.L.",
        ("Costa Brava Diseño", "Olivar Sur", "Tranvía Digital", "Meseta Solar"),
        ("Iñigo", "Begoña", "Álvaro", "María José", "Núria", "Ramón", "Asunción", "Xavier"),
        ("Núñez", "Ibáñez", "Peña", "Etxeberria", "Castaño", "Güell", "Muñoz", "Zúñiga"),
    ),
    Country(
        "IT", "it", (("Torino", "Europe/Rome"), ("Bari", "Europe/Rome")), "S.r.l.",
        ("Officina Verde", "Laguna Tessuti", "Piazza Nove", "Stella Meccanica"),
        ("Niccolò", "Chiara", "Ruggero", "Mariù", "Desirée", "Tommaso", "Giosuè", "Ilaria"),
        ("D'Amico", "Dell'Acqua", "Lo Presti", "Cantù", "Esposito", "Frà", "Bianchi", "De Santis"),
    ),
    Country(
        "NL", "nl", (("Utrecht", "Europe/Amsterdam"), ("Groningen", "Europe/Amsterdam")), "B.V.",
        ("Windmolen Data", "Polder & Zn", "Grachtenzicht", "Tulpveld Export"),
        ("Joost", "Fenna", "Daniël", "Maartje", "Thijs", "Noëlle", "Wouter", "Sanne"),
        ("van den Berg", "de Vries", "'t Hart", "van 't Hoff", "Jansen", "Brouwer", "IJzerman", "Dijkstra"),
    ),
    Country(
        "PL", "pl", (("Kraków", "Europe/Warsaw"), ("Gdańsk", "Europe/Warsaw")), "sp. z o.o.",
        ("Bursztyn Soft", "Łąka Agro", "Żuraw Konstrukcje", "Wisła Transport"),
        ("Łukasz", "Małgorzata", "Żaneta", "Paweł", "Święcisława", "Jędrzej", "Grażyna", "Michał"),
        ("Wójcik", "Gołąb", "Szczęsny", "Kowalczyk", "Źrebiec", "Dąbrowska", "Ćwik", "Nowak-Żak"),
    ),
    Country(
        "PT", "pt", (("Porto", "Europe/Lisbon"), ("Braga", "Europe/Lisbon")), "Lda.",
        ("Azulejo Digital", "Maré Alta", "Cortiça Viva"),
        ("João", "Conceição", "Inês", "Gonçalo", "Lúcia", "Simão", "Beatriz", "Nuno"),
        ("Magalhães", "Simões", "Conceição", "Araújo", "Brandão", "Leitão", "d'Orey", "Falcão"),
    ),
    Country(
        "SE", "sv", (("Göteborg", "Europe/Stockholm"), ("Malmö", "Europe/Stockholm")), "AB",
        ("Skärgård Finans", "Björkö Möbler", "Norrsken Vård"),
        ("Åsa", "Göran", "Märta", "Björn", "Linnéa", "Håkan", "Örjan", "Freja"),
        ("Ångström", "Sjöberg", "Öhman", "Lindqvist", "Hägg", "Nyström", "Åkesson", "Wåhlin"),
    ),
    Country(
        "JP", "ja", (("大阪", "Asia/Tokyo"), ("札幌", "Asia/Tokyo")), "株式会社",
        ("青空電機|aozora-denki", "桜物流|sakura-butsuryu", "山川ソフト|yamakawa-soft"),
        ("陽子|yoko", "健太|kenta", "美咲|misaki", "大輔|daisuke", "さくら|sakura", "翔|sho"),
        ("田中|tanaka", "佐藤|sato", "小林|kobayashi", "髙橋|takahashi", "渡邉|watanabe", "森|mori"),
        "test",
    ),
    Country(
        "TW", "en", (("臺北", "Asia/Taipei"),), "Co., Ltd.",
        ("晨光科技|chenguang-tech", "海島茶業|haidao-tea"),
        ("志明|zhiming", "春嬌|chunjiao", "怡君|yijun", "冠宇|guanyu"),
        ("陳|chen", "林|lin", "黃|huang", "歐陽|ouyang"),
        "test",
    ),
    Country(
        "KR", "en", (("부산", "Asia/Seoul"),), "주식회사",
        ("한빛소프트웨어|hanbit-software", "바다물산|bada-mulsan"),
        ("민준|minjun", "서연|seoyeon", "지훈|jihun", "하은|haeun"),
        ("김|kim", "이|lee", "박|park", "최|choi"),
        "test",
    ),
    Country(
        "GR", "en", (("Θεσσαλονίκη", "Europe/Athens"),), "ΑΕ",
        ("Αιγαίο Ναυτιλιακή|aigaio-shipping", "Ελαιώνας|elaionas"),
        ("Ελένη|eleni", "Γιώργος|giorgos", "Ουρανία|ourania", "Νίκος|nikos"),
        ("Παπαδόπουλος|papadopoulos", "Ιωάννου|ioannou", "Ξένος|xenos", "Ψαρρά|psarra"),
    ),
    Country(
        "BG", "en", (("Пловдив", "Europe/Sofia"),), "ООД",
        ("Розова долина|rose-valley", "Балкан Метал|balkan-metal"),
        ("Йордан|yordan", "Цветелина|tsvetelina", "Георги|georgi", "Яна|yana"),
        ("Щерев|shterev", "Желязкова|zhelyazkova", "Димитров|dimitrov", "Чолакова|cholakova"),
    ),
    Country(
        "AE", "en", (("دبي", "Asia/Dubai"),), "LLC",
        ("واحة التقنية|oasis-tech", "صقر الشحن|falcon-cargo"),
        ("محمد|mohammed", "فاطمة|fatima", "يوسف|yousef", "ليلى|layla"),
        ("الهاشمي|alhashimi", "المنصوري|almansoori", "خوري|khoury", "النجار|alnajjar"),
    ),
    Country(
        "IN", "en", (("पुणे", "Asia/Kolkata"), ("Bengaluru", "Asia/Kolkata")), "Pvt. Ltd.",
        ("Nilgiri Cloud", "Monsoon Motors", "सूर्य ऊर्जा|surya-urja"),
        ("Aarav", "अनन्या|ananya", "Venkatesh", "Lakshmi", "ராஜேஷ்|rajesh", "Meera"),
        ("Iyer", "शर्मा|sharma", "Krishnamurthy", "Banerjee", "D'Souza", "Reddy"),
    ),
    Country(
        "AU", "en", (("Adelaide", "Australia/Adelaide"), ("Brisbane", "Australia/Brisbane"),
                     ("Sydney", "Australia/Sydney")), "Pty Ltd",
        ("Banksia Biotech", "Outback Signal", "Coral Coast Tours"),
        ("Matilda", "Lachlan", "Zara", "Banjo", "Kirra", "Noah"),
        ("Fitzgerald", "O'Shannessy", "Papadakis", "Wong", "McAllister", "Nunn"),
    ),
)  # fmt: skip

POSITIONS = (
    "Head of Sales", "Managing Director", "CTO", "Operations Manager", "Chief Marketing Officer", "Founder",
    "VP Engineering", "Procurement Lead", "Head of Customer Success", "IT Manager", "Chief of Staff",
    "Finance Director", "Growth Lead", "Product Owner", "Plant Manager",
)  # fmt: skip

INDUSTRIES = (
    "Software", "Logistics", "Manufacturing", "Energy", "Health care", "Retail", "Finance", "Food", "Media",
    "Construction", "Education", "Travel",
)  # fmt: skip
