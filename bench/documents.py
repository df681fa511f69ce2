"""How fast an agreement is made ready in every format, beside docxtpl and WeasyPrint doing as many pages.

python bench/documents.py               five runs of each, the fastest shown
python bench/documents.py --runs 9

The agreement is about twelve pages: 24 clauses, a table of 60 items, a form, two places to sign. Every run draws other
words, so that nothing is remembered from the run before. The others get the same words: docxtpl the lines of our plain
text through a template with one loop, WeasyPrint our HTML. Theirs are other documents: docxtpl's has no styles, no
table, no form fields and no changes; WeasyPrint's claims PDF/UA-1 and not PDF/A as well.
"""

import argparse
import io
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from itertools import count

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
NUMBERS = count(1)


def make_agreement(run: int = 0) -> Document:
    sentence = f"({run}) {SENTENCE}"
    names = ("item", "why", "basis")
    blocks = [Notice(sort="important", runs=make_runs("A draft made for measuring."))]
    for number in range(1, 25):
        blocks += [
            Heading(level=1, text=f"Clause {number}"),
            Paragraph(runs=make_runs(sentence * 4)),
            Points(items=tuple(make_runs(sentence) for _ in range(3)), ordered=True),
        ]
    rows = tuple(tuple(make_runs(f"{cell} {row}: {sentence[:40]}") for cell in names) for row in range(60))
    blocks.append(Table(caption="What is shared", header=("Item", "Why", "Basis"), rows=rows, widths=(2, 3, 2)))
    contacts = (FormField(name=f"contact.{n}", label=f"Contact {n}", value="a.person@example.org") for n in range(8))
    blocks.append(Fields(heading="Contact points", fields=tuple(contacts)))
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


def make_docxtpl() -> Callable[[Document], bytes]:
    import docx
    from docxtpl import DocxTemplate

    template = docx.Document()
    for line in ("{{ title }}", "{%p for each in paragraphs %}", "{{ each }}", "{%p endfor %}"):
        template.add_paragraph(line)
    saved = io.BytesIO()
    template.save(saved)

    def run(agreement: Document) -> bytes:
        paragraphs = [line for line in render(agreement, "text").decode().split("\n") if line]
        filled, out = DocxTemplate(io.BytesIO(saved.getvalue())), io.BytesIO()
        filled.render({"title": agreement.title, "paragraphs": paragraphs}, autoescape=True)
        filled.save(out)
        return out.getvalue()

    return run


def make_weasyprint() -> Callable[[Document], bytes]:
    from weasyprint import HTML

    return lambda agreement: HTML(string=render(agreement, "html").decode()).write_pdf(pdf_variant="pdf/ua-1")


def measure(run: Callable[[Document], bytes], runs: int) -> tuple[float, bytes]:
    times = []
    for _ in range(runs):
        agreement = make_agreement(next(NUMBERS))
        start = time.perf_counter()
        made = run(agreement)
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
        seconds, made = measure(lambda agreement, form=form: render(agreement, form), runs)
        total += seconds
        pages = str(count_pages(made)) if form == "pdf" else ""
        print(f"{'fairshare ' + form:<28} {seconds:>8.3f} {len(made):>10,} {pages:>6}")
    print(f"{'fairshare, all four':<28} {total:>8.3f}")
    print(f"{'fairshare, the first time':<28} {first:>8.3f}   with the libraries loaded; the goal is {GOAL_SECONDS} s")
    for name, make in (("docxtpl", make_docxtpl), ("weasyprint", make_weasyprint)):
        if find_spec(name) is None:
            print(f"{name:<28} not installed: pip install 'fairshare[bench]'")
            continue
        seconds, made = measure(make(), runs)
        pages = str(count_pages(made)) if made.startswith(b"%PDF") else ""
        print(f"{name:<28} {seconds:>8.3f} {len(made):>10,} {pages:>6}")


if __name__ == "__main__":
    main()
