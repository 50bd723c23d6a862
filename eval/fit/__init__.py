"""Scripts that fit the numbers of the product again, one a number or family of numbers."""
