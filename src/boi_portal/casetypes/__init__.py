"""The case catalog: categories and cards, browsed by category, department and name."""
