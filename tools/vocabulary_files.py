"""Write docs/reference/vocabulary: the UK legal vocabulary as JSON-LD and as Turtle.

python -m tools.vocabulary_files           writes the files
python -m tools.vocabulary_files --check   changes nothing; fails if they are not what would be written
"""

import json
import sys
from pathlib import Path

from rdflib import Graph

from fairshare.law.vocabulary import PREFIXES, build_vocabulary
from tools.reference import ROOT, write_or_check

FOLDER = ROOT / "docs" / "reference" / "vocabulary"


def render_files() -> dict[Path, str]:
    """Both files, by path: the same statements."""
    document = json.dumps(build_vocabulary(), ensure_ascii=False, indent=1)
    graph = Graph()
    graph.parse(data=document, format="json-ld")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    return {
        FOLDER / "fairshare-uk.jsonld": document + "\n",
        FOLDER / "fairshare-uk.ttl": graph.serialize(format="turtle"),
    }


if __name__ == "__main__":
    sys.exit(write_or_check(render_files(), check="--check" in sys.argv[1:]))
