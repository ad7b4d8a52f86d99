"""Rich text: what stays, what goes, and that cleaning twice is cleaning once."""

import pytest

from boi_portal.publishing.richtext import clean, markup, plain_text

# what was typed or pasted -> what is kept
TABLE = {
    "<p>Zwykły <strong>tekst</strong> i <em>nacisk</em>.</p>": "<p>Zwykły <strong>tekst</strong> i <em>nacisk</em>.</p>",
    "<script>alert(1)</script><p>a</p>": "<p>a</p>",
    "<p>a<script src=//zly.example/x.js></script>b</p>": "<p>ab</p>",
    "<style>p{display:none}</style><p>a</p>": "<p>a</p>",
    '<p onclick="x()">a</p>': "<p>a</p>",
    '<p style="color:red" class="x">a</p>': "<p>a</p>",
    '<a href="javascript:alert(1)">a</a>': "<a>a</a>",
    '<a href="JaVaScRiPt:alert(1)">a</a>': "<a>a</a>",
    '<a href=" javascript:alert(1)">a</a>': "<a>a</a>",
    '<a href="java\tscript:alert(1)">a</a>': "<a>a</a>",
    '<a href="&#106;avascript:alert(1)">a</a>': "<a>a</a>",
    '<a href="data:text/html,<script>1</script>">a</a>': "<a>a</a>",
    '<a href="vbscript:x">a</a>': "<a>a</a>",
    '<a href="file:///etc/passwd">a</a>': "<a>a</a>",
    '<a href="https://isap.sejm.gov.pl/x?a=1&amp;b=2">a</a>': '<a href="https://isap.sejm.gov.pl/x?a=1&amp;b=2">a</a>',
    '<a href="/pomoc/podpis" target="_blank">a</a>': '<a href="/pomoc/podpis">a</a>',
    '<a href="mailto:urzad@zdroje.example">a</a>': '<a href="mailto:urzad@zdroje.example">a</a>',
    '<a href="tel:+48999999000">a</a>': '<a href="tel:+48999999000">a</a>',
    '<img src="x" onerror="alert(1)">': "",
    '<svg onload="alert(1)"><circle/></svg>': "",
    "<iframe src=//zly.example></iframe>a": "a",
    '<form action="//zly.example"><input name=a><button>b</button></form>': "b",
    "<h1>Tytuł</h1>": "Tytuł",
    "<h2>Tytuł</h2>": "<h2>Tytuł</h2>",
    "<!-- uwaga --><p>a</p>": "<p>a</p>",
    "<p>a": "<p>a</p>",
    "<b>a</b>": "a",
    '<meta http-equiv="refresh" content="0;url=//zly.example">a': "a",
    '<base href="//zly.example/">a': "a",
    '<time datetime="2026-03-05">5 marca</time>': '<time datetime="2026-03-05">5 marca</time>',
    '<th scope="col">a</th>': "a",
    '<table><tr><th scope="col">a</th></tr></table>': '<table><tbody><tr><th scope="col">a</th></tr></tbody></table>',
    "<math><mtext><script>x</script></mtext></math>a": "a",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>": None,
    "<a href='x' id='y' xlink:href='javascript:1'>a</a>": '<a href="x" id="y">a</a>',
    "&lt;script&gt;": "&lt;script&gt;",
    "5 < 6 & 7 > 2": "5 &lt; 6 &amp; 7 &gt; 2",
    "": "",
    "  <p>a</p> \n": "<p>a</p>",
}  # fmt: skip


@pytest.mark.parametrize("typed", TABLE)
def test_only_what_is_allowed_is_kept(typed: str) -> None:
    kept = clean(typed)
    if TABLE[typed] is not None:
        assert kept == TABLE[typed]
    lowered = kept.lower()
    assert not any(bad in lowered for bad in ("<script", "<img", "<svg", "<iframe", "onerror", "onclick", "javascript:"))


@pytest.mark.parametrize("typed", TABLE)
def test_cleaning_twice_is_cleaning_once(typed: str) -> None:
    assert clean(clean(typed)) == clean(typed) == str(markup(clean(typed)))


def test_what_is_stored_uncleaned_is_cleaned_when_shown() -> None:
    assert str(markup("<p>a</p><script>x</script>")) == "<p>a</p>"
    assert str(markup(None)) == ""


def test_plain_text_keeps_words_apart_and_reads_entities() -> None:
    assert plain_text("<ul><li>dowód</li><li>osobisty&nbsp;&amp; paszport</li></ul>") == "dowód osobisty & paszport"
