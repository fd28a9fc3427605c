"""The fast forms of LIIF's decoder, and the choice between them."""
