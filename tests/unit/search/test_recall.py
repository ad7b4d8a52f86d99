"""Titles of cases that Polish offices handle, what people type to find them, and how often that succeeds."""

import pytest

from boi_portal.search.index import TextIndex
from boi_portal.search.synonyms import default_synonyms

TITLES = [
    "Wydanie dowodu osobistego",
    "Zgłoszenie utraty lub uszkodzenia dowodu osobistego",
    "Zawieszenie i cofnięcie zawieszenia dowodu osobistego",
    "Zameldowanie na pobyt stały",
    "Zameldowanie na pobyt czasowy",
    "Wymeldowanie z miejsca pobytu stałego",
    "Wydanie zaświadczenia o zameldowaniu",
    "Nadanie numeru PESEL",
    "Udostępnienie danych z rejestru mieszkańców",
    "Dopisanie do spisu wyborców",
    "Zgłoszenie urodzenia dziecka",
    "Zgłoszenie zgonu",
    "Zawarcie małżeństwa przed kierownikiem urzędu stanu cywilnego",
    "Wydanie odpisu aktu stanu cywilnego",
    "Zmiana imienia lub nazwiska",
    "Sprostowanie aktu stanu cywilnego",
    "Rejestracja pojazdu",
    "Wyrejestrowanie pojazdu",
    "Zgłoszenie zbycia pojazdu",
    "Wymiana dowodu rejestracyjnego",
    "Wydanie prawa jazdy",
    "Wydanie międzynarodowego prawa jazdy",
    "Ustalenie warunków zabudowy",
    "Wydanie wypisu i wyrysu z planu miejscowego",
    "Zaświadczenie o przeznaczeniu działki w planie zagospodarowania",
    "Pozwolenie na budowę",
    "Zgłoszenie robót budowlanych",
    "Rozbiórka obiektu budowlanego",
    "Zezwolenie na usunięcie drzew lub krzewów",
    "Zatwierdzenie podziału nieruchomości",
    "Rozgraniczenie nieruchomości",
    "Nadanie numeru porządkowego budynku",
    "Zezwolenie na zajęcie pasa drogowego",
    "Lokalizacja zjazdu z drogi gminnej",
    "Deklaracja o wysokości opłaty za gospodarowanie odpadami komunalnymi",
    "Odbiór odpadów wielkogabarytowych",
    "Podatek od nieruchomości dla osób fizycznych",
    "Podatek rolny i leśny",
    "Podatek od środków transportowych",
    "Rozłożenie na raty zaległości podatkowej",
    "Zwrot podatku akcyzowego zawartego w cenie oleju napędowego",
    "Zaświadczenie o niezaleganiu w podatkach",
    "Wpis do ewidencji działalności gospodarczej",
    "Zezwolenie na sprzedaż napojów alkoholowych",
    "Licencja na wykonywanie transportu taksówką",
    "Dodatek mieszkaniowy",
    "Dodatek energetyczny",
    "Zasiłek rodzinny",
    "Świadczenie z funduszu alimentacyjnego",
    "Jednorazowa zapomoga z tytułu urodzenia dziecka",
    "Karta Dużej Rodziny",
    "Karta parkingowa dla osoby niepełnosprawnej",
    "Stypendium szkolne",
    "Rekrutacja do przedszkola",
    "Przyznanie lokalu komunalnego",
    "Zgłoszenie zgromadzenia publicznego",
    "Zezwolenie na imprezę masową",
    "Zezwolenie na utrzymywanie psa rasy agresywnej",
    "Udostępnienie informacji publicznej",
    "Skargi i wnioski",
]

#: Query, the title that it should find; with inflection, written properly.
INFLECTED = [
    ("dowodu osobistego", "Wydanie dowodu osobistego"),
    ("dowody", "Wydanie dowodu osobistego"),
    ("utrata dowodu", "Zgłoszenie utraty lub uszkodzenia dowodu osobistego"),
    ("uszkodzony dowód osobisty", "Zgłoszenie utraty lub uszkodzenia dowodu osobistego"),
    ("zawiesić dowód", "Zawieszenie i cofnięcie zawieszenia dowodu osobistego"),
    ("stałe zameldowanie", "Zameldowanie na pobyt stały"),
    ("zameldować się na stałe", "Zameldowanie na pobyt stały"),
    ("pobyty czasowe", "Zameldowanie na pobyt czasowy"),
    ("wymeldować", "Wymeldowanie z miejsca pobytu stałego"),
    ("zaświadczenia o zameldowaniach", "Wydanie zaświadczenia o zameldowaniu"),
    ("numery PESEL", "Nadanie numeru PESEL"),
    ("rejestr mieszkańców", "Udostępnienie danych z rejestru mieszkańców"),
    ("spisy wyborcze", "Dopisanie do spisu wyborców"),
    ("urodzenie dzieci", "Zgłoszenie urodzenia dziecka"),
    ("zgony", "Zgłoszenie zgonu"),
    ("małżeństwa", "Zawarcie małżeństwa przed kierownikiem urzędu stanu cywilnego"),
    ("odpisy aktów", "Wydanie odpisu aktu stanu cywilnego"),
    ("zmienić nazwisko", "Zmiana imienia lub nazwiska"),
    ("sprostować akt", "Sprostowanie aktu stanu cywilnego"),
    ("rejestracje pojazdów", "Rejestracja pojazdu"),
    ("zarejestrować samochód", "Rejestracja pojazdu"),
    ("wyrejestrowanie samochodu", "Wyrejestrowanie pojazdu"),
    ("zbycie pojazdów", "Zgłoszenie zbycia pojazdu"),
    ("dowody rejestracyjne", "Wymiana dowodu rejestracyjnego"),
    ("prawo jazdy", "Wydanie prawa jazdy"),
    ("międzynarodowe prawa jazdy", "Wydanie międzynarodowego prawa jazdy"),
    ("warunki zabudowy", "Ustalenie warunków zabudowy"),
    ("wypisy z planów", "Wydanie wypisu i wyrysu z planu miejscowego"),
    ("przeznaczenie działek", "Zaświadczenie o przeznaczeniu działki w planie zagospodarowania"),
    ("pozwolenia na budowy", "Pozwolenie na budowę"),
    ("roboty budowlane", "Zgłoszenie robót budowlanych"),
    ("rozbiórki obiektów", "Rozbiórka obiektu budowlanego"),
    ("usunąć drzewo", "Zezwolenie na usunięcie drzew lub krzewów"),
    ("podziały nieruchomości", "Zatwierdzenie podziału nieruchomości"),
    ("numery porządkowe budynków", "Nadanie numeru porządkowego budynku"),
    ("zająć pas drogowy", "Zezwolenie na zajęcie pasa drogowego"),
    ("zjazd z gminnej drogi", "Lokalizacja zjazdu z drogi gminnej"),
    ("śmieci", "Deklaracja o wysokości opłaty za gospodarowanie odpadami komunalnymi"),
    ("wielkogabarytowe odpady", "Odbiór odpadów wielkogabarytowych"),
    ("podatki od nieruchomości", "Podatek od nieruchomości dla osób fizycznych"),
    ("podatków rolnych", "Podatek rolny i leśny"),
    ("raty zaległości podatkowych", "Rozłożenie na raty zaległości podatkowej"),
    ("akcyza za olej napędowy", "Zwrot podatku akcyzowego zawartego w cenie oleju napędowego"),
    ("działalności gospodarcze", "Wpis do ewidencji działalności gospodarczej"),
    ("sprzedawać alkohol", "Zezwolenie na sprzedaż napojów alkoholowych"),
    ("taksówki", "Licencja na wykonywanie transportu taksówką"),
    ("dodatki mieszkaniowe", "Dodatek mieszkaniowy"),
    ("zasiłki rodzinne", "Zasiłek rodzinny"),
    ("fundusze alimentacyjne", "Świadczenie z funduszu alimentacyjnego"),
    ("karty dużych rodzin", "Karta Dużej Rodziny"),
    ("osoby niepełnosprawne", "Karta parkingowa dla osoby niepełnosprawnej"),
    ("stypendia szkolne", "Stypendium szkolne"),
    ("przedszkole", "Rekrutacja do przedszkola"),
    ("psy agresywne", "Zezwolenie na utrzymywanie psa rasy agresywnej"),
]

#: The same without diacritics.
WITHOUT_DIACRITICS = [
    ("dowod osobisty", "Wydanie dowodu osobistego"),
    ("zgloszenie utraty dowodu", "Zgłoszenie utraty lub uszkodzenia dowodu osobistego"),
    ("stale zameldowanie", "Zameldowanie na pobyt stały"),
    ("meldunek staly", "Zameldowanie na pobyt stały"),
    ("zaswiadczenie o zameldowaniu", "Wydanie zaświadczenia o zameldowaniu"),
    ("rejestr mieszkancow", "Udostępnienie danych z rejestru mieszkańców"),
    ("wyborcy", "Dopisanie do spisu wyborców"),
    ("malzenstwo", "Zawarcie małżeństwa przed kierownikiem urzędu stanu cywilnego"),
    ("slub", "Zawarcie małżeństwa przed kierownikiem urzędu stanu cywilnego"),
    ("akty stanu cywilnego", "Wydanie odpisu aktu stanu cywilnego"),
    ("zgloszenie smierci", "Zgłoszenie zgonu"),
    ("zarejestrowac auto", "Rejestracja pojazdu"),
    ("dowod rejestracyjny", "Wymiana dowodu rejestracyjnego"),
    ("miedzynarodowe prawo jazdy", "Wydanie międzynarodowego prawa jazdy"),
    ("warunkow zabudowy", "Ustalenie warunków zabudowy"),
    ("dzialka w planie zagospodarowania", "Zaświadczenie o przeznaczeniu działki w planie zagospodarowania"),
    ("pozwolen na budowe", "Pozwolenie na budowę"),
    ("rozbiorka", "Rozbiórka obiektu budowlanego"),
    ("wycinka drzewa", "Zezwolenie na usunięcie drzew lub krzewów"),
    ("podzial dzialki", "Zatwierdzenie podziału nieruchomości"),
    ("zajecie pasow drogowych", "Zezwolenie na zajęcie pasa drogowego"),
    ("smieci", "Odbiór odpadów wielkogabarytowych"),
    ("lesny podatek", "Podatek rolny i leśny"),
    ("srodki transportowe", "Podatek od środków transportowych"),
    ("zaleglosci w podatkach na raty", "Rozłożenie na raty zaległości podatkowej"),
    ("dzialalnosc gospodarcza", "Wpis do ewidencji działalności gospodarczej"),
    ("napoje alkoholowe", "Zezwolenie na sprzedaż napojów alkoholowych"),
    ("taksowka", "Licencja na wykonywanie transportu taksówką"),
    ("zasilki rodzinne", "Zasiłek rodzinny"),
    ("swiadczenia alimentacyjne", "Świadczenie z funduszu alimentacyjnego"),
    ("duza rodzina", "Karta Dużej Rodziny"),
    ("karty parkingowe", "Karta parkingowa dla osoby niepełnosprawnej"),
    ("imprezy masowe", "Zezwolenie na imprezę masową"),
    ("informacje publiczne", "Udostępnienie informacji publicznej"),
    ("skarga", "Skargi i wnioski"),
]

#: Titles and queries that no list of synonyms and no constant was tuned to.
UNSEEN_TITLES = [
    "Ekshumacja szczątków ludzkich",
    "Wynajem świetlicy wiejskiej",
    "Szacowanie szkód łowieckich w uprawach rolnych",
    "Wpis do rejestru żłobków i klubów dziecięcych",
    "Dofinansowanie wymiany pieców węglowych",
    "Przyłączenie do sieci wodociągowej",
    "Ustanowienie służebności przesyłu",
    "Wykup lokalu mieszkalnego przez najemcę",
    "Objęcie patronatem Wójta",
    "Poświadczenie własnoręczności podpisu",
    "Zakwalifikowanie do odbycia kwalifikacji wojskowej",
    "Przekształcenie użytkowania wieczystego w prawo własności",
]
UNSEEN = [
    ("ekshumacje", "Ekshumacja szczątków ludzkich"),
    ("wynająć świetlicę", "Wynajem świetlicy wiejskiej"),
    ("świetlice wiejskie", "Wynajem świetlicy wiejskiej"),
    ("szkoda łowiecka", "Szacowanie szkód łowieckich w uprawach rolnych"),
    ("żłobek", "Wpis do rejestru żłobków i klubów dziecięcych"),
    ("kluby dziecięce", "Wpis do rejestru żłobków i klubów dziecięcych"),
    ("piec węglowy", "Dofinansowanie wymiany pieców węglowych"),
    ("przyłącze do wodociągu", "Przyłączenie do sieci wodociągowej"),
    ("służebność", "Ustanowienie służebności przesyłu"),
    ("najemcy lokali", "Wykup lokalu mieszkalnego przez najemcę"),
    ("patronaty wójtów", "Objęcie patronatem Wójta"),
    ("podpis poświadczony", "Poświadczenie własnoręczności podpisu"),
    ("kwalifikacja wojskowa", "Zakwalifikowanie do odbycia kwalifikacji wojskowej"),
    ("użytkowanie wieczyste", "Przekształcenie użytkowania wieczystego w prawo własności"),
]
UNSEEN_WITHOUT_DIACRITICS = [
    ("szczatki", "Ekshumacja szczątków ludzkich"),
    ("wynajecie swietlicy", "Wynajem świetlicy wiejskiej"),
    ("szkody lowieckie", "Szacowanie szkód łowieckich w uprawach rolnych"),
    ("zlobki", "Wpis do rejestru żłobków i klubów dziecięcych"),
    ("wymiana pieca weglowego", "Dofinansowanie wymiany pieców węglowych"),
    ("siec wodociagowa", "Przyłączenie do sieci wodociągowej"),
    ("sluzebnosc przesylu", "Ustanowienie służebności przesyłu"),
    ("wykupic mieszkalny lokal", "Wykup lokalu mieszkalnego przez najemcę"),
    ("patronat wojta", "Objęcie patronatem Wójta"),
    ("poswiadczyc podpis", "Poświadczenie własnoręczności podpisu"),
    ("uzytkowania wieczyste", "Przekształcenie użytkowania wieczystego w prawo własności"),
    ("wlasnosc", "Przekształcenie użytkowania wieczystego w prawo własności"),
]


@pytest.fixture(scope="module")
def index():
    index = TextIndex()
    for docid, title in enumerate(TITLES + UNSEEN_TITLES):
        index.index_doc(docid, {"title": title})
    index.set_synonyms(default_synonyms())
    return index


def titles(index, query, limit, **options):
    return [index.title(hit.docid) for hit in index.search(query, limit=limit, **options).hits]


def recall(index, cases, limit=3, **options):
    assert {expected for _query, expected in cases} <= set(TITLES + UNSEEN_TITLES)
    missed = [query for query, expected in cases if expected not in titles(index, query, limit, **options)]
    return 1 - len(missed) / len(cases), missed


@pytest.mark.parametrize("query", ["dowodu osobistego", "dowod osobisty", "dowody"])
def test_identity_card_comes_first_in_any_form(index, query):
    assert titles(index, query, 1) == ["Wydanie dowodu osobistego"]


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(INFLECTED, id="inflected"),
        pytest.param(WITHOUT_DIACRITICS, id="without-diacritics"),
        pytest.param(UNSEEN, id="unseen-inflected"),
        pytest.param(UNSEEN_WITHOUT_DIACRITICS, id="unseen-without-diacritics"),
    ],
)
def test_recall_at_three(index, cases):
    share, missed = recall(index, cases)
    assert share >= 0.9, missed


@pytest.mark.parametrize(
    "cases",
    [pytest.param(UNSEEN, id="inflected"), pytest.param(UNSEEN_WITHOUT_DIACRITICS, id="without-diacritics")],
)
def test_recall_of_unseen_queries_owes_nothing_to_synonyms(index, cases):
    share, missed = recall(index, cases, synonyms=[])
    assert share >= 0.9, missed


def test_every_title_finds_itself_first(index):
    assert [title for title in TITLES + UNSEEN_TITLES if titles(index, title, 1) != [title]] == []


def test_order_does_not_depend_on_the_order_of_indexing(index):
    backwards = TextIndex()
    for docid, title in reversed(list(enumerate(TITLES + UNSEEN_TITLES))):
        backwards.index_doc(docid, {"title": title})
    backwards.set_synonyms(default_synonyms())
    for query, _expected in INFLECTED + WITHOUT_DIACRITICS:
        assert titles(backwards, query, 5) == titles(index, query, 5)
