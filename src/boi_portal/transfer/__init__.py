"""The content tree in files: reading and checking it, applying it to the site, writing it back."""
