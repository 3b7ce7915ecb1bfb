"""The maps that ship with the product, by name."""

from pathlib import Path

from api.imports.mapping import Map, read_map
from api.imports.shape import wrong
from domain.imports.subjects import ImportKind

FOLDER = Path(__file__).parents[1] / "maps"


def find_map(name: str, kind: ImportKind) -> Map:
    """The map in the file ``name``, or the shipped one of that name.  Refuses with ``Invalid``."""
    path = Path(name)
    if not path.is_file():
        path = FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.toml")))
        raise wrong((name,), f"is no file, and no map that ships: {known}.", f"既不是文件，也不是自带的映射：{known}。")
    return read_map(path, kind)
