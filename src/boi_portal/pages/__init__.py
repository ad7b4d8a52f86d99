"""Home page, help, news, plain pages, departments, files: content that is words."""
