"""SenML's names of units, as the UN/ECE codes that vouch keeps.

Pure. Source: RFC 8428 section 12.1, RFC 8798. What has no code of its own there (dBW, Bspl, VAs, vars, varh, Wh/km,
dBm) is missing here: a number in such a unit cannot be compared with a metric's.
"""

from typing import Final

# "%" is no percentage in SenML but, like "/", a ratio of 0 to 1; percent is "/100", "%RH" or "%EL".
_PRIMARY: Final = (
    "m MTR, kg KGM, g GRM, s SEC, A AMP, K KEL, cd CDL, mol C34, Hz HTZ, rad C81, sr D27, N NEW, Pa PAL, J JOU, W WTT, "
    "C COU, V VLT, F FAR, Ohm OHM, S SIE, Wb WEB, T D33, H 81, Cel CEL, lm LUM, lx LUX, Bq BQL, Gy A95, Sv D13, "
    "kat KAT, m2 MTK, m3 MTQ, l LTR, m/s MTS, m/s2 MSK, m3/s MQS, l/s G51, W/m2 D54, cd/m2 A24, bit A99, bit/s B10, "
    "lat DD, lon DD, pH Q30, dB 2N, count C62, / C62, % C62, %RH P1, %EL P1, EL SEC, 1/s C97, 1/min C94, "
    "beat/min BPM, beats C62, S/m D10, B AD, VA D46, var D44, J/m B12, kg/m3 KMQ, deg DD"
)
_SECONDARY: Final = (
    "ms C26, min MIN, h HUR, MHz MHZ, kW KWT, kVA KVA, kvar KVR, Ah AMH, Wh WHR, kWh KWH, kvarh K3, kVAh C79, KiB E64, "
    "GB E34, Mbit/s E20, B/s P93, MB/s P95, mV 2Z, mA 4K, ug/m3 GQ, mm/h H67, m/h M60, ppm 59, /100 P1, /1000 NX, "
    "hPa A97, mm MMT, cm CMT, km KMT, km/h KMH"
)
# What the sum of a quantity over time is counted in: the unit times a second.
_TIMES_SECOND: Final = (
    "W JOU, kW KJO, A COU, m/s MTR, m3/s MTQ, l/s LTR, 1/s C62, Hz C62, bit/s A99, B/s AD, / SEC, % SEC, count SEC"
)


def _table(text: str) -> dict[str, str]:
    return dict(pair.split() for pair in text.split(", "))


# Secondary units are taken in packs of every version: their names mean nothing else.
CODES: Final = _table(_PRIMARY) | _table(_SECONDARY)
SUM_CODES: Final = _table(_TIMES_SECOND)
