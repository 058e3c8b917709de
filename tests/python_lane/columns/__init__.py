NAMES = ["alcohol", "malic_acid", "ash"]
