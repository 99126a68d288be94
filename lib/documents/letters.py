"""Letters as DOCX: which template is taken, and the template filled in."""

from __future__ import annotations

from pathlib import Path

from lib.config import CITIES_DIR, ROOT
from lib.documents.docx_template import Groups, TemplateError, Words, filled
from lib.lists.letters import LETTERS, placeholders
from lib.lists.profile import ListProfile

FOLDER = "letters"
STANDARD = ROOT / "data" / FOLDER
DEMO_MARK = "演示数据，不反映任何城市的真实情况"


def template_file(key: str, city: str, data_dir: Path) -> Path:
    """The template of a letter: of the data folder, else of the city's profile, else the one of the product.

    Raises TemplateError where there is none.
    """
    name = LETTERS[key].file_name
    for folder in (data_dir / FOLDER, CITIES_DIR / city / FOLDER, STANDARD):
        if (folder / name).is_file():
            return folder / name
    raise TemplateError(f"找不到文书模板“{name}”，请联系信息中心恢复 data/letters 文件夹")


def letter(key: str, profile: ListProfile, data_dir: Path, words: Words, groups: Groups) -> bytes:
    """The letter as DOCX; letters of a fictional city say so in their header. Raises TemplateError."""
    file = template_file(key, profile.city, data_dir)
    try:
        template = file.read_bytes()
    except OSError as error:
        raise TemplateError(f"文书模板“{file.name}”读不出来，请信息中心检查文件权限") from error
    mark = DEMO_MARK if profile.is_fictional else ""
    return filled(template, file.name, placeholders(key), words, groups, mark=mark)
