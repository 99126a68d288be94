"""Exports in the shape of the developers' samples, small and made up: they stand in where the samples are absent."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import xlsxwriter

SIZE = 240
START = datetime(2024, 3, 1, 8)


def _moments(r: random.Random, days: int) -> list[datetime]:
    return sorted(START + timedelta(seconds=r.randrange(days * 86400)) for _ in range(SIZE))


def _later(r: random.Random, moment: datetime, hours: float) -> datetime:
    return moment + timedelta(seconds=int(r.expovariate(1 / hours) * 3600) + 1)


def boston(path: Path, seed: int = 1) -> Path:
    """Every case closed, a few deadlines missing, some places unnamed, a few matters back at the same address."""
    r = random.Random(seed)
    rows = []
    for number, received in enumerate(_moments(r, 400)):
        reason, kind = r.choice([("Street Lights", "Outage"), ("Street Lights", "Knock Down"), ("Trees", "Pruning")])
        rows.append({
            "CASE_ENQUIRY_ID": 7000 + number, "OPEN_DT": received,
            "TARGET_DT": received + timedelta(days=3) if r.random() < 0.9 else "",
            "CLOSED_DT": _later(r, received, 60), "CASE_STATUS": "Closed", "CLOSURE_REASON": "Done, thank you",
            "CASE_TITLE": kind, "SUBJECT": r.choice(["Works", "Parks"]), "REASON": reason, "TYPE": kind,
            "Location": f"{r.randrange(9)} Elm Sq  Sampleton", "neighborhood": r.choice(["North", "South", " "]),
            "LATITUDE": "", "LONGITUDE": "", "Source": r.choice(["App", "Call"]),
        })  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def nyc(path: Path, seed: int = 2) -> Path:
    """One day, many still open, no status column, points in place of addresses."""
    r = random.Random(seed)
    rows = []
    for number, received in enumerate(_moments(r, 1)):
        kind, detail = r.choice([("Noise", "Loud Music"), ("Noise", "Horn"), ("Graffiti", "")])
        place = r.randrange(40)
        rows.append({
            "unique_key": 900 + number, "created_date": received.isoformat(timespec="milliseconds"),
            "closed_date": _later(r, received, 3).isoformat(timespec="milliseconds") if r.random() < 0.6 else "",
            "agency": r.choice(["POL", "SAN"]), "complaint_type": kind, "descriptor": detail, "location_type": "",
            "incident_zip": "00001", "city": "SAMPLETON", "borough": r.choice(["EAST", "WEST"]),
            "latitude": 40.5 + place * 0.0123, "longitude": -73.5 - place * 0.0071,
        })  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def kc(path: Path, seed: int = 3) -> Path:
    """Date and time apart, line breaks in cells, resolved cases without a closing date, a byte-order mark."""
    r = random.Random(seed)
    rows = []
    for number, received in enumerate(_moments(r, 90)):
        is_resolved = r.random() < 0.7
        closed = _later(r, received, 300) if is_resolved and r.random() < 0.8 else None
        street = f"{r.randrange(60) * 10} Oak Ter"
        rows.append({
            "CASE ID": 2024000 + number, "SOURCE": r.choice(["PHONE", "WEB"]), "WORK GROUP": "Streets-District 1",
            "REQUEST TYPE": "Pothole", "CATEGORY": "Streets", "TYPE": "Pothole", "DETAIL": "District 1",
            "CREATION DATE": f"{received:%m/%d/%y}", "CREATION TIME": f"{received:%I:%M %p}",
            "STATUS": "RESOL" if is_resolved else "OPEN", "CLOSED DATE": f"{closed:%m/%d/%y}" if closed else "",
            "STREET ADDRESS": street, "ADDRESS WITH GEOCODE": f"{street}\n(39.0, -94.5)",
            "COUNCIL DISTRICT": r.choice("123"), "LATITUDE": "", "LONGITUDE": "",
        })  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def petitions(folder: Path, seed: int = 4) -> tuple[Path, Path]:
    """Two workbooks: one with a class and a number that stands twice, one with replies; far more rows declared
    than held.
    """
    r = random.Random(seed)
    folder.mkdir()
    labelled, replied = folder / "labelled_messages.xlsx", folder / "messages_with_replies.xlsx"
    heads = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情"]
    first = [
        [
            str(100 + n),
            f"U{n}",
            "路灯不亮",
            f"{m:%Y/%m/%d %H:%M:%S}",
            "\n\t晚上出行不便",
            r.choice(["城乡建设", "交通运输"]),
        ]
        for n, m in enumerate(_moments(r, 200)[:60])
    ]
    first.append([first[10][0], *first[20][1:]])
    second = [
        [str(900 + n), f"V{n}", "噪声扰民", f"{m:%Y/%m/%d %H:%M:%S}", "夜间施工", "已现场处理",
         f"{_later(r, m, 90):%Y/%m/%d %H:%M:%S}"]
        for n, m in enumerate(_moments(r, 200)[:20])
    ]  # fmt: skip
    for path, names, rows in (
        (labelled, [*heads, "一级分类"], first),
        (replied, [*heads, "答复意见", "答复时间"], second),
    ):
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, names)
            for line, row in enumerate(rows, start=1):
                sheet.write_row(line, 0, row)
            if path == labelled:
                sheet.set_row(65_202, 15)  # formatted and empty: the sheet declares that many rows
    return labelled, replied
