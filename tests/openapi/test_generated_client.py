"""Programs that are generated from the document compile, and refuse what the contract refuses."""
import shutil

import validate


def test_typescript_client_compiles(tool, tmp_path):
    status, output = tool("openapi-typescript", validate.DOCUMENT, "-o", tmp_path / "schema.d.ts")
    assert status == 0, output
    for name in ("client.ts", "tsconfig.json"):
        shutil.copy(validate.pathlib.Path(__file__).with_name(name), tmp_path)
    (tmp_path / "node_modules").symlink_to(tool.modules)
    status, output = tool("tsc", "--project", tmp_path)
    assert status == 0, output
