"""What the model looks at in a trip. The pipeline names this function, so it goes along with it."""

import math

import numpy

EARTH_KM = 6371.0


def features(trips):
    """A row of numbers for each trip: how far, at what time of the day, and on a weekend or not."""
    return numpy.array([row(trip) for trip in trips])


def row(trip):
    hour = 2 * math.pi * trip["hour"] / 24
    is_weekend = trip["day"] in ("sat", "sun")
    return [distance_km(trip["from"], trip["to"]), math.sin(hour), math.cos(hour), is_weekend]


def distance_km(start, end):
    """Along a great circle, between two pairs of latitude and longitude in degrees."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, place) for place in (start, end))
    part = math.sin((lat2 - lat1) / 2) ** 2
    part += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(part))
