"""What a reader is shown: tables, figures, a page, LaTeX, the terminal."""
