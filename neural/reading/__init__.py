"""Reading: pages, and a reader whose eyes go over them."""
