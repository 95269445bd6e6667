"""Having been there: stays in rooms, noted for those who agreed to it, and the certificates made of them."""
