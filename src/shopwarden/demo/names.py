"""People's names from several cultures, put together by chance, and the e-mail addresses such people have."""

from __future__ import annotations

from unicodedata import combining, normalize

from shopwarden.demo.dice import Dice

_LISTS = {
    "english": ("Emma Olivia Grace Hannah Lucy Megan Paige Rachel Tessa Claire James Owen Henry Caleb Ryan Scott Derek Neil "
                "Wesley Marcus Dana Robin", "Carter Bennett Foster Hughes Marsh Parker Sutton Turner Walsh Whitaker Ellison "
                "Hartley Langdon Prescott Radford Thornton Barlow Dalton"),
    "spanish": ("Lucía Camila Elena Marisol Paloma Rosa Diego Javier Mateo Rafael Andrés Tomás Iker Nuria",
                "Alvarado Benítez Cordero Delgado Escobar Fuentes Guerrero Herrera Ibarra Luna Maldonado Navarro Ortega"),
    "german": ("Anna Greta Heike Johanna Katrin Lena Sabine Bernd Dieter Florian Jürgen Lukas Matthias Stefan Uwe",
               "Becker Brandt Fischer Hoffmann Krüger Lehmann Müller Neumann Richter Schäfer Vogel Weber Zimmermann"),
    "french": ("Amélie Camille Élodie Juliette Manon Sylvie Antoine Bastien Étienne Hugo Julien Luc Mathieu Rémi",
               "Bernard Chevalier Dubois Fontaine Girard Lambert Lefèvre Marchand Moreau Perrin Rousseau Vidal"),
    "south_asian": ("Aarti Deepa Kavya Meera Nisha Priya Sunita Amit Arjun Imran Karan Rahul Sanjay Vikram",
                    "Agarwal Bhatt Chowdhury Desai Iyer Joshi Kapoor Malhotra Nair Patel Rahman Shah Verma"),
    "chinese": ("Mei Lian Xiu Jing Hui Ying Wei Jun Hao Ming Tao Feng Lei",
                "Chen Huang Lin Liu Tang Wang Wu Xu Yang Zhang Zhou"),
    "west_african": ("Abena Adaeze Chiamaka Ngozi Yewande Chidi Emeka Kofi Kwame Tunde Obinna",
                     "Adeyemi Afolabi Balogun Boateng Mensah Okafor Okonkwo Owusu Eze"),
    "turkish": ("Ayşe Elif Zeynep Merve Emre Murat Kerem Cem", "Yılmaz Kaya Demir Çelik Aydın Öztürk Arslan"),
}  # fmt: skip
_NAMES = {culture: (first.split(), last.split()) for culture, (first, last) in _LISTS.items()}

FREE_MAIL = {"gmail.com": 60, "outlook.com": 10, "yahoo.com": 12, "hotmail.com": 8, "icloud.com": 10}
_HOBBIES = (
    "trailrunner",
    "bookworm",
    "sourdough",
    "vinylhead",
    "gardenwise",
    "coffeefan",
    "catlady",
    "skaterdad",
    "pixelpaint",
)
_OWN_DOMAINS = ("brightfield", "kestrelworks", "northgate", "studiolark", "hollowoak", "redkite", "marlowe", "tidewater")


def name_of(dice: Dice, cultures: tuple[str, ...]) -> tuple[str, str]:
    first, last = _NAMES[dice.pick(cultures)]
    return dice.pick(first), dice.pick(last)


def plain(text: str) -> str:
    """Lower case letters a to z only."""
    spread = normalize("NFKD", text.lower().replace("ı", "i").replace("ß", "ss"))
    return "".join(mark for mark in spread if not combining(mark) and mark.isascii() and mark.isalpha())


def honest_email(dice: Dice, first: str, last: str) -> str:
    """Mostly one's name with a year or a number, sometimes a hobby, an initial, a partner's address or one's own domain."""
    here, there = plain(first), plain(last)
    style = dice.weighted({"dot": 26, "joined": 18, "number": 28, "initial": 10, "hobby": 8, "own": 7, "partner": 3})
    if style == "own":
        return f"{here}@{dice.pick(_OWN_DOMAINS)}{dice.whole(2, 99)}.com"
    if style == "partner":
        other = dice.pick(_NAMES["english"][0])
        return f"{plain(other)}.{plain(dice.pick(_NAMES['english'][1]))}{dice.whole(1, 99)}@{dice.weighted(FREE_MAIL)}"
    number = dice.pick((str(dice.whole(1960, 2006)), str(dice.whole(1, 999))))
    local = {
        "dot": f"{here}.{there}{dice.whole(1, 99)}",
        "joined": f"{here}{there}{dice.whole(1, 99)}",
        "number": f"{here}.{there}{number}",
        "initial": f"{here[0]}{there}{number}",
        "hobby": f"{dice.pick(_HOBBIES)}{number}",
    }[style]
    return f"{local}@{dice.weighted(FREE_MAIL)}"


def made_up_email(dice: Dice, first: str, last: str, skill: float) -> str:
    """What somebody registers for one use: keys hit at random, a throwaway domain, or with skill an ordinary-looking one."""
    if dice.chance(skill):
        return f"{plain(first)}{plain(last)}{dice.digits(dice.whole(2, 5))}@{dice.weighted(FREE_MAIL)}"
    local = "".join(dice.pick("bcdfghjklmnpqrstvwxz0123456789aeiou") for _ in range(dice.whole(8, 13)))
    domain = dice.pick(("mailinator.com", "guerrillamail.com", "yopmail.com", "gmail.com", "outlook.com"))
    return f"x{local}@{domain}"
