"""Chinese map coordinates to WGS84.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are shifted by up to several hundred metres; CGCS2000 agrees with
WGS84 to centimetres and is taken as it is. The shift formulas are the published ones of the eviltransform
and coordtransform projects; the inverse is found by iteration (error below 1e-6 degrees).
"""

from __future__ import annotations

import numpy as np

from lib.ingest.mapping import Coordinates

_AXIS = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0


def to_wgs84(longitude: np.ndarray, latitude: np.ndarray, system: Coordinates) -> tuple[np.ndarray, np.ndarray]:
    """Degrees in, WGS84 degrees out; NaN stays NaN. Points outside China are not shifted by these systems."""
    if system == "BD-09":
        longitude, latitude = _bd_to_gcj(longitude, latitude)
    if system in ("BD-09", "GCJ-02"):
        return _gcj_to_wgs(longitude, latitude)
    return longitude, latitude


def wgs84_to_gcj(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The forward shift, degrees in and out."""
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = latitude / 180.0 * np.pi
    magic = 1 - _ECCENTRICITY2 * np.sin(radians) ** 2
    root = np.sqrt(magic)
    d_lat = d_lat * 180.0 / ((_AXIS * (1 - _ECCENTRICITY2)) / (magic * root) * np.pi)
    d_lon = d_lon * 180.0 / (_AXIS / root * np.cos(radians) * np.pi)
    inside = (longitude > 72.004) & (longitude < 137.8347) & (latitude > 0.8293) & (latitude < 55.8271)
    return np.where(inside, longitude + d_lon, longitude), np.where(inside, latitude + d_lat, latitude)


def _gcj_to_wgs(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = longitude.copy(), latitude.copy()
    for _ in range(6):
        shifted_lon, shifted_lat = wgs84_to_gcj(lon, lat)
        lon, lat = lon - (shifted_lon - longitude), lat - (shifted_lat - latitude)
    return lon, lat


def _bd_to_gcj(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = longitude - 0.0065, latitude - 0.006
    z = np.sqrt(x * x + y * y) - 0.00002 * np.sin(y * _BD_PI)
    theta = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD_PI)
    return z * np.cos(theta), z * np.sin(theta)
