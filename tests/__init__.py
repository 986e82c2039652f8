"""The tests, in folders that mirror the packages; tests/cases holds the tables that several of them read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
