"""An import as people see it: its progress, its summary as a table, the rows it refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.imports.run import Progress as Told
from api.imports.summary import Summary
from domain.staging import Outcome
from domain.words import Words

MOST_SHOWN = 20
STAGES = {"read": Words("Reading", "读取"), "load": Words("Loading", "入库")}
OUTCOMES = {
    Outcome.CREATED: Words("created", "新增"),
    Outcome.UPDATED: Words("updated", "更新"),
    Outcome.UNCHANGED: Words("unchanged", "未变"),
    Outcome.SKIPPED: Words("skipped", "跳过"),
    Outcome.FAILED: Words("failed", "失败"),
}
SUBJECTS = {
    "customers": Words("customers", "客户"),
    "products": Words("products", "商品"),
    "orders": Words("orders", "订单"),
    "returns": Words("returns", "退货"),
    "interactions": Words("interactions", "互动"),
    "feedback": Words("feedback", "反馈"),
}
READ, ENTITIES, LINES = Words("read", "读取"), Words("entities", "实体"), Words("lines", "行")
DRY = Words("Dry run: nothing was written.", "试运行：未写入任何内容。")
MORE = Words("… and {n} more; --problems FILE writes them all.", "……另有 {n} 条；用 --problems FILE 可全部写出。")
LINE = Words("line {line}", "第 {line} 行")


@contextmanager
def progress_bars(console: Console, locale: str) -> Iterator[Told]:
    """A bar for each stage while the import runs."""
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in bars:
                bars[stage] = progress.add_task(STAGES[stage].of(locale))
            progress.update(bars[stage], completed=done, total=total)

        yield tell


def summary_table(summary: Summary, locale: str) -> Table:
    """Outcomes of each subject, in entities and in lines; the rows of the map's skip rules; what else was created."""
    table = Table(title=DRY.of(locale) if summary.dry_run else None, title_justify="left")
    for heading in ("", "", READ.of(locale), *(words.of(locale) for words in OUTCOMES.values())):
        table.add_column(heading, justify="right" if heading else "left")
    for subject, done in summary.subjects.items():
        name = SUBJECTS[subject].of(locale)
        for unit, counts in ((ENTITIES, done.entities), (LINES, done.lines)):
            numbers = (counts.total(), *(counts[outcome] for outcome in OUTCOMES))
            table.add_row(name, unit.of(locale), *(f"{number:,}" for number in numbers))
            name = ""
    return table


def show_summary(console: Console, summary: Summary, locale: str) -> None:
    """The table, then why rows were skipped or refused."""
    console.print(summary_table(summary, locale))
    for label, count in summary.skipped.items():
        console.print(f"{OUTCOMES[Outcome.SKIPPED].of(locale)}: {label}: {count:,}", markup=False)
    created = OUTCOMES[Outcome.CREATED].of(locale)
    for subject, count in (+summary.besides).items():
        console.print(f"{created}: {SUBJECTS[subject].of(locale)}: {count:,}", markup=False)
    for problem in summary.problems[:MOST_SHOWN]:
        place = " ".join(part for part in (LINE.of(locale).format(line=problem.line), problem.column) if part)
        console.print(f"{place}: {problem.text.of(locale)} ({problem.code})", markup=False)
    if summary.problem_count > MOST_SHOWN:
        console.print(MORE.of(locale).format(n=f"{summary.problem_count - MOST_SHOWN:,}"), markup=False)
