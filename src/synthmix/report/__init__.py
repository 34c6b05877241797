"""Reports: tables, figures, a page, LaTeX and terminal output."""
