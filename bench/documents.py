"""How fast an agreement is made ready in every format, beside docxtpl and WeasyPrint doing as many pages.

python bench/documents.py               five runs of each, the fastest shown
python bench/documents.py --runs 9

The agreement is about twelve pages: parties, 24 clauses, a table of 60 items, a form, two places to sign. The others get the
same words through the plainest template that gives as many pages: docxtpl a DOCX, WeasyPrint a tagged PDF from our HTML.
Theirs are not the same documents: no content controls, no tracked changes, PDF/UA-1 or PDF/A but not both in one file.
"""

import argparse
import io
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec

import pypdfium2

from fairshare.documents import (
    Brand,
    Document,
    Fields,
    FormField,
    Heading,
    Notice,
    Paragraph,
    Points,
    SignaturePlace,
    Table,
    make_runs,
    render,
)

SENTENCE = (
    "Each party keeps the information no longer than the purpose needs, tells the other of a breach without undue "
    "delay, and answers a person's request in its own name. "
)
GOAL_SECONDS = 2.0


def make_agreement() -> Document:
    blocks = [Notice(sort="important", runs=make_runs("A draft made for measuring."))]
    for number in range(1, 25):
        blocks += [
            Heading(level=1, text=f"Clause {number}"),
            Paragraph(runs=make_runs(SENTENCE * 4)),
            Points(items=tuple(make_runs(SENTENCE) for _ in range(3)), ordered=True),
        ]
    rows = tuple(
        tuple(make_runs(f"{cell} {row}: {SENTENCE[:40]}") for cell in ("item", "why", "basis")) for row in range(60)
    )
    blocks.append(Table(caption="What is shared", header=("Item", "Why", "Basis"), rows=rows, widths=(2, 3, 2)))
    blocks.append(
        Fields(
            heading="Contact points",
            fields=tuple(
                FormField(name=f"contact.{n}", label=f"Contact {n}", value="a.person@example.org") for n in range(8)
            ),
        )
    )
    blocks += [SignaturePlace(organisation=name) for name in ("Example Council", "Example Police")]
    return Document(
        kind="agreement",
        title="Data sharing agreement",
        dated=date(2026, 2, 5),
        author="A. Author",
        reference="DSA-1",
        brand=Brand(organisation="Example Council"),
        blocks=tuple(blocks),
    )


def count_pages(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(pdf))


def make_docxtpl(agreement: Document) -> Callable[[], bytes]:
    """The paragraphs of the agreement, put into a template with one loop."""
    import docx
    from docxtpl import DocxTemplate

    template = docx.Document()
    for line in ("{{ title }}", "{%p for each in paragraphs %}", "{{ each }}", "{%p endfor %}"):
        template.add_paragraph(line)
    saved = io.BytesIO()
    template.save(saved)
    paragraphs = [line for line in render(agreement, "text").decode().split("\n") if line]

    def run() -> bytes:
        filled, out = DocxTemplate(io.BytesIO(saved.getvalue())), io.BytesIO()
        filled.render({"title": agreement.title, "paragraphs": paragraphs}, autoescape=True)
        filled.save(out)
        return out.getvalue()

    return run


def make_weasyprint(agreement: Document) -> Callable[[], bytes]:
    from weasyprint import HTML

    page = render(agreement, "html").decode()
    return lambda: HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")


def measure(run: Callable[[], bytes], runs: int) -> tuple[float, bytes]:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        made = run()
        times.append(time.perf_counter() - start)
    return min(times), made


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    agreement = make_agreement()
    start = time.perf_counter()
    for form in ("html", "docx", "odt", "pdf"):
        render(agreement, form)
    first = time.perf_counter() - start
    print(f"{'way':<28} {'seconds':>8} {'bytes':>10} {'pages':>6}")
    total = 0.0
    for form in ("html", "docx", "odt", "pdf"):
        seconds, made = measure(lambda form=form: render(agreement, form), runs)
        total += seconds
        pages = str(count_pages(made)) if form == "pdf" else ""
        print(f"{'fairshare ' + form:<28} {seconds:>8.3f} {len(made):>10,} {pages:>6}")
    print(f"{'fairshare, all four':<28} {total:>8.3f}")
    print(f"{'fairshare, the first time':<28} {first:>8.3f}   with the libraries loaded; the goal is {GOAL_SECONDS} s")
    for name, make in (("docxtpl", make_docxtpl), ("weasyprint", make_weasyprint)):
        if find_spec(name) is None:
            print(f"{name:<28} not installed: pip install 'fairshare[bench]'")
            continue
        seconds, made = measure(make(agreement), runs)
        pages = str(count_pages(made)) if made.startswith(b"%PDF") else ""
        print(f"{name:<28} {seconds:>8.3f} {len(made):>10,} {pages:>6}")


if __name__ == "__main__":
    main()
