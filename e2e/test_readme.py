"""The README's tour, taken word for word at the demo."""

import re
import subprocess

import support


def test_the_tour(demo, tmp_path):
    text = (support.ROOT / "README.md").read_text()
    tour = text.split("## A tour of five minutes")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", tour, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 8
    script = "set -eu\n" + "\n".join(blocks).replace("http://localhost:8080", demo.url)
    taken = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    said = taken.stdout
    assert taken.returncode == 0, (said[-3000:], taken.stderr[-2000:])
    # What the tour says that one sees.
    assert said.count("HTTP/1.1 201") == 2 and said.count("idempotency-replayed: true") == 1
    assert '"accepted":1,"duplicates":0' in said.replace(" ", "")
    batch = re.search(r'"accepted": 1,\s*"duplicates": 1,\s*"rejected": \[', said)
    assert batch and '"code": "conflict"' in said and "is not the id or code of a customer" in said
    # 25.00 + 12 × 10.00 + 16.96
    assert '"amount_minor": 16196' in said
    assert '"code":"immutable"' in said and '"status":"paid"' in said
    assert '"intact":true' in said.replace(" ", "")
    assert '"pointer": "/company_name"' in said and '"pointer": "/limits/max_machines"' in said and '"code": "stale"' in said
    pdf = subprocess.run(["pdftotext", tmp_path / "invoice.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Northwind" in pdf and "161.96" in pdf
