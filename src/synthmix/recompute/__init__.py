"""Results computed once more, without a look at what is stored, and compared with what was recorded of them."""
