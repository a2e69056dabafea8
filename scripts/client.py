"""The typed client of the front end, generated from the API's own document.

client.py write    writes `frontend/openapi.json` and `frontend/src/lib/generated/api.ts` anew
client.py check    fails when either differs from what the API says
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List

from steps import BIN, FRONTEND, ROOT, Stop, fail, say

DOCUMENT = FRONTEND / "openapi.json"
CLIENT = FRONTEND / "src" / "lib" / "generated" / "api.ts"


def generate(folder: Path) -> List[Path]:
    """Both files, formatted as the front end formats, in `folder`."""
    document, client = folder / DOCUMENT.name, folder / CLIENT.name
    tools = FRONTEND / "node_modules" / ".bin"
    with tempfile.TemporaryDirectory() as data_dir:
        environment = {**os.environ, "REACHLY_DATA_DIR": data_dir}
        document.write_bytes(_output([str(BIN / "reachly"), "openapi"], env=environment))
    _output([str(tools / "openapi-typescript"), str(document), "-o", str(client)])
    for path, like in ((document, DOCUMENT), (client, CLIENT)):
        formatted = _output([str(tools / "prettier"), "--stdin-filepath", str(like)], stdin=path.read_bytes())
        if formatted:  # empty for a file that prettier is told to leave alone
            path.write_bytes(formatted)
    return [document, client]


def _output(command: List[str], **options: object) -> bytes:
    stdin = options.pop("stdin", None)
    done = subprocess.run(
        command, cwd=str(FRONTEND), input=stdin, capture_output=True, check=False, **options
    )  # type: ignore[call-overload]
    if done.returncode:
        raise Stop(f"{Path(command[0]).name} failed:\n{done.stderr.decode(errors='replace').strip()[-2000:]}")
    output: bytes = done.stdout
    return output


def main(arguments: List[str]) -> int:
    writing = arguments == ["write"]
    try:
        with tempfile.TemporaryDirectory() as folder:
            for made, kept in zip(generate(Path(folder)), (DOCUMENT, CLIENT)):
                if kept.exists() and kept.read_bytes() == made.read_bytes():
                    continue
                if not writing:
                    raise Stop(
                        f"{kept.relative_to(ROOT)} is not what the API says: run `make client` and commit it."
                    )
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(made, kept)
                say(f"{kept.relative_to(ROOT)} written")
    except Stop as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
