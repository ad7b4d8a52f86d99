"""Packaging of Portal BOI: metadata, requirements, entry points.

Requirements are named here without versions; the exact versions are pinned once, in ``versions.cfg``.
"""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

RUNTIME = [
    "argon2-cffi",
    "asn1crypto",
    "BTrees",
    "Chameleon",
    "click",
    "colander",
    "cryptography",
    "deform",
    "holidays",
    "hypatia",
    "joserfc",
    "lxml",
    "MarkupSafe",
    "morfeusz2",
    "nh3",
    "PasteDeploy",
    "persistent",
    "phonenumbers",
    "plaster",
    "plaster_pastedeploy",
    "pyhanko-certvalidator",
    "pyotp",
    "pyramid",
    "pyramid_chameleon",
    "pyramid_mailer",
    "pyramid_openapi3",
    "pyramid_retry",
    "pyramid_tm",
    "pyramid_zodbconn",
    "pysaml2",
    "PyStemmer",
    "python-magic",
    "python-stdnum",
    "requests",
    "ruamel.yaml",
    "segno",
    "setuptools",  # pkg_resources, which Substance D and deform import
    "signxml",
    "substanced",
    "transaction",
    "translationstring",
    "venusian",
    "waitress",
    "weasyprint",
    "webauthn",
    "WebOb",
    "xmlsec",
    "ZConfig",
    "ZODB",
    "zodburi",
    "zope.component",
    "zope.interface",
]

POSTGRESQL = ["psycopg2-binary", "RelStorage"]

TEST = [
    "beautifulsoup4",
    "djlint",
    "mypy",
    "playwright",
    "pytest",
    "pytest-xdist",
    "ruff",
    "WebTest",
]

# Everything in the package that is not a module: a suffix missing here is a file missing from a wheel.
DATA_SUFFIXES = [
    *("html", "pt", "css", "js", "svg", "png", "woff2"),
    *("json", "txt", "xsd", "yaml", "zcml"),
    *("mo", "po", "pot"),
]

setup(
    name="boi_portal",
    version="0.1.0.dev0",
    description="Portal BOI: a Polish town's citizen service portal on Pyramid, Substance D and ZODB",
    long_description=(HERE / "CHANGES.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="EUPL-1.2",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 2 - Pre-Alpha",
        "Framework :: Pyramid",
        "Intended Audience :: Legal Industry",
        "Natural Language :: Polish",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Internet :: WWW/HTTP :: WSGI :: Application",
    ],
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"": [f"**/*.{suffix}" for suffix in DATA_SUFFIXES]},
    zip_safe=False,
    python_requires=">=3.11",
    install_requires=RUNTIME,
    extras_require={"postgresql": POSTGRESQL, "test": POSTGRESQL + TEST},
    entry_points={
        "paste.app_factory": ["main = boi_portal:main"],
        "console_scripts": [
            "boi = boi_portal.scripts.main:cli",
            "boi-sandbox = boi_portal.sandbox.main:cli",
        ],
    },
)
