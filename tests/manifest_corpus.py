"""Manifests of every format, as people write them."""

from __future__ import annotations

REQUIREMENTS = {
    "plain": ("fastapi\nuvicorn\n"),
    "exact": ("fastapi==0.165.0\nuvicorn===0.54.0\n"),
    "ranges": ("fastapi>=0.112.0,<0.113.0\nhttpx~=0.28.1\nsqlmodel>0.0.20,!=0.0.22\n"),
    "spaces": ("fastapi >= 0.112.0 , < 0.113.0\n  uvicorn  ==0.54.*  \n\t\nhttpx~= 0.28\n"),
    "extras": ("fastapi[standard]>=0.112\nuvicorn [standard, watch]==0.54.0\npydantic[email,timezone]\n"),
    "markers": (
        "uvloop>=0.21 ; sys_platform != 'win32'\n"
        'httpx;python_version<"3.12"\n'
        "tomli ; python_version < '3.11' and os_name == 'nt'\n"
    ),
    "comments": ("# top\nfastapi==0.165.0 # why\nuvicorn==0.54.0\t# tab\n\n   # indented\nhttpx #c\n"),
    "continuation": ("fastapi \\\n    >=0.112, \\\n    <0.113\nuvicorn\\\n==0.54.0\n"),
    "hashes": (
        "fastapi==0.165.0 \\\n"
        "    --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \\\n"
        "    --hash=sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
        "uvicorn==0.54.0 --hash=sha256:ccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
        "ccccccccc\n"
    ),
    "options": (
        "--index-url https://packages.example.com/simple\n"
        "-i https://packages.example.com/simple\n"
        "--extra-index-url=https://x.example.com\n"
        "--no-binary :all:\n"
        "--find-links ./wheels\n"
        "fastapi==0.165.0\n"
    ),
    "direct": (
        "fastapi @ git+https://git.example.com/fastapi.git@3f1c2a9\n"
        "pip @ https://packages.example.com/pip-26.0-py3-none-any.whl ; python_version >= '3.9"
        "'\n"
    ),
    "egg": (
        "git+https://git.example.com/fastapi.git#egg=fastapi\n"
        "-e git+https://git.example.com/sqlmodel.git@main#egg=sqlmodel\n"
    ),
    "wheel": "https://packages.example.com/uvicorn-0.54.0-py3-none-any.whl\n",
    "crlf": ("fastapi==0.165.0\r\nuvicorn>=0.30\\\r\n,<0.31\r\n# end\r\n"),
    "bom": ("\ufefffastapi==0.165.0\nuvicorn\n"),
    "no newline at the end": ("fastapi==0.165.0\nhttpx"),
    "names": ("Fast_API.Users==15.0.5\nPyJWT\nruamel.yaml>=0.18\nzope.interface\n"),
    "parenthesised": ("fastapi (>=0.112,<0.113)\nuvicorn (==0.54.0) ; python_version > '3.8'\n"),
    "prereleases": ("fastapi>=0.112.0rc1\npydantic==2.0b3\nhttpx==1.0.dev3\n"),
    "epochs and locals": ("thing==1!2.0\ntorch==2.3.0+cu121\n"),
    "wildcards": ("fastapi==0.165.*\nhttpx!=0.27.*\n"),
    "unicode comment": ("# Größe – ключ\nfastapi==0.165.0  # ü\nuvicorn==0.54.0\n"),
    "form feed": ("fastapi==0.165.0\n# a\x0cb\nuvicorn==0.54.0\n"),
    "config settings": 'fastapi==0.165.0 --config-settings="--x=y"\n',
    "upper case": ("FastAPI>=0.112,<0.113\nSQLAlchemy[asyncio]>=2\n"),
    "trailing comma": "fastapi>=0.112,\n",
    "comment ends a continuation": ("fastapi \\\n# hm\nuvicorn\n"),
}

SETUP_CFG = {
    "list": ("[options]\ninstall_requires =\n    fastapi>=0.112\n    uvicorn[standard]==0.54.0\n"),
    "one line": ("[options]\ninstall_requires = fastapi>=0.112\n"),
    "semicolons": ("[options]\ninstall_requires = fastapi>=0.112; uvicorn; httpx<0.28\n"),
    "comments": ("# top\n[options]\ninstall_requires =\n    # why\n    fastapi>=0.112\n    ; other\n    uvicorn\n"),
    "markers": ("[options]\ninstall_requires =\n    uvloop>=0.21 ; sys_platform != 'win32'\n    httpx\n"),
    "extras": (
        "[options]\n"
        "install_requires =\n"
        "    fastapi\n"
        "[options.extras_require]\n"
        "test = pytest; httpx\n"
        "Docs =\n"
        "    mkdocs>=1.6\n"
    ),
    "colon": ("[metadata]\nname: shop\n[options]\ninstall_requires:\n  fastapi\n  uvicorn\npython_requires = >=3.11\n"),
    "other sections": (
        "[flake8]\n"
        "max-line-length = 120\n"
        "[options]\n"
        "packages = find:\n"
        "install_requires =\n"
        "\tfastapi\n"
        "\n"
        "\tuvicorn\n"
        "[tool:pytest]\n"
        "addopts = -q\n"
    ),
}

SETUP_PY = {
    "literal": (
        'from setuptools import setup\nsetup(name="x", install_requires=["fastapi>=0.112", \'uvicorn[standard]\'])\n'
    ),
    "names": (
        "import setuptools\n"
        'REQUIRED = ["fastapi"]\n'
        'TEST = ["httpx<0.28"]\n'
        'setuptools.setup(install_requires=REQUIRED, extras_require={"test": TEST, "all": TEST'
        " + REQUIRED})\n"
    ),
    "tuple": (
        'from setuptools import setup\nsetup(install_requires=("fastapi", "uvicorn"), tests_require=["pytest"])\n'
    ),
    "text": ('from setuptools import setup\nsetup(install_requires="""\nfastapi>=0.112\nuvicorn\n""")\n'),
    "concatenated": ('from setuptools import setup\nsetup(install_requires=["fastapi" ">=0.112", r"httpx"])\n'),
    "main": (
        "from setuptools import setup\n"
        'if __name__ == "__main__":\n'
        "    setup(install_requires=[  # needs\n"
        '        "fastapi>=0.112",  # web\n'
        "    ])\n"
    ),
}

POETRY = {
    "caret": ('fastapi = "^0.112.0"\nsqlalchemy = "^2.0"\nsqlmodel = "^0.0.20"\nzero = "^0"\nzeros = "^0.0"\n'),
    "tilde": ('fastapi = "~0.112"\nhttpx = "~0.28.1"\nuvicorn = "~0"\nthing = "~=1.4.2"\n'),
    "wildcard": ('fastapi = "*"\nhttpx = "0.28.*"\nuvicorn = "==0.*"\n'),
    "exact": ('fastapi = "0.165.0"\nhttpx = "==0.28.1"\nuvicorn = "=0.54.0"\n'),
    "ranges": ('fastapi = ">=0.112,<0.113"\nhttpx = ">=0.27 <0.29"\nuvicorn = ">= 0.30, != 0.31.0, < 0.40"\n'),
    "tables": (
        'fastapi = { version = "^0.112", extras = ["standard"] }\nuvicorn = {version = ">=0.30", optional = true}\n'
    ),
    "git": ('fastapi = { git = "https://git.example.com/fastapi.git", rev = "3f1c2a9" }\nuvicorn = "^0.54"\n'),
    "markers": (
        'uvloop = { version = "^0.21", markers = "sys_platform != \'win32\'" }\n'
        'httpx = { version = "^0.28", python = "<3.13" }\n'
    ),
    "several": (
        "fastapi = [\n"
        '    { version = "^0.100", python = "<3.12" },\n'
        '    { version = "^0.112", python = ">=3.12" },\n'
        "]\n"
    ),
    "alternatives": ('httpx = "^0.27 || ^0.28"\nuvicorn = "0.30.0 | 0.31.0"\n'),
    "quotes": ('fastapi = \'^0.112.0\'\n"uvicorn" = "^0.54"\n\'httpx\' = "^0.28" # why\n'),
    "own tables": ('[tool.poetry.dependencies.fastapi]\nversion = "^0.112"\nextras = ["all"]\n'),
    "dotted": ('fastapi.version = "^0.112"\nfastapi.extras = ["all"]\nuvicorn = "^0.54"\n'),
}

PYPROJECT = {
    "project": (
        "[project]\n"
        'name = "shop"\n'
        'version = "1"\n'
        "dependencies = [\n"
        '  "fastapi>=0.112", # web\n'
        "  'uvicorn[standard] >=0.30, <0.31 ; sys_platform == \"linux\"',\n"
        "]\n"
    ),
    "extras": (
        "[project]\n"
        'name = "shop"\n'
        'version = "1"\n'
        'dependencies = ["fastapi"]\n'
        "[project.optional-dependencies]\n"
        'test = ["httpx~=0.28.0"]\n'
        '"all" = ["sqlmodel", "typer<0.30"]\n'
    ),
    "groups": (
        '[dependency-groups]\ntest = ["pytest>=8", "httpx"]\ndev = [{include-group = "test"}, "ruff~=0.17.0"]\n'
    ),
    "build": (
        "[build-system]\n"
        'requires = ["hatchling>=1.27", "hatch-vcs"]\n'
        'build-backend = "hatchling.build"\n'
        "[project]\n"
        'name = "x"\n'
        'version = "1"\n'
    ),
    "dotted keys": (
        'project.name = "x"\n'
        'project.version = "1"\n'
        'project.dependencies = ["fastapi>=0.112"]\n'
        'project.optional-dependencies.web = ["uvicorn"]\n'
    ),
    "inline": (
        'project = { name = "x", version = "1", dependencies = ["fastapi", "uvicorn<1"], optio'
        'nal-dependencies = { t = ["httpx"] } }\n'
    ),
    "escapes": (
        "[project]\n"
        'name = "x"\n'
        'version = "1"\n'
        'dependencies = ["fastapi\\u003e=0.112", """uvicorn>=0.30""", \'\'\'httpx\'\'\']\n'
    ),
    "uv": (
        "[project]\n"
        'name = "x"\n'
        'version = "1"\n'
        'dependencies = ["fastapi"]\n'
        "[tool.uv]\n"
        'dev-dependencies = ["ruff>=0.17"]\n'
        'constraint-dependencies = ["httpx<0.29"]\n'
        'override-dependencies = ["uvicorn==0.54.0"]\n'
    ),
    "pdm": (
        "[project]\n"
        'name = "x"\n'
        'version = "1"\n'
        'dependencies = ["fastapi"]\n'
        "[tool.pdm.dev-dependencies]\n"
        'test = ["pytest", "httpx>=0.28"]\n'
        'local = ["-e file:///${PROJECT_ROOT}/sub#egg=sub"]\n'
    ),
    "crlf": (
        '[project]\r\nname = "x"\r\nversion = "1"\r\ndependencies = [\r\n  "fastapi>=0.112",\r\n  "uvicorn",\r\n]\r\n'
    ),
    "unicode": (
        '[project]\nname = "x"\nversion = "1"\ndescription = "Größe 🦄"\ndependencies = ["fastapi>=0.112"] # ü\n'
    ),
}

CONDA = {
    "plain": ("dependencies:\n  - fastapi\n  - uvicorn=0.54\n  - httpx==0.28.1\n  - sqlmodel>=0.0.20,<0.1\n"),
    "spaces": ("dependencies:\n  - fastapi 0.165.0\n  - uvicorn >=0.30,<0.31\n  - httpx 0.28.*\n"),
    "builds": ("dependencies:\n  - conda-forge::fastapi=0.165.0=pyhd8ed1ab_0\n  - numpy 1.26.4 py311h64a7726_0\n"),
    "alternatives": ("dependencies:\n  - httpx 0.27.2|0.28.1\n  - uvicorn[version='>=0.30,<0.31']\n"),
    "quoted": ("name: shop\nchannels: [conda-forge]\ndependencies:\n- \"fastapi>=0.112\"\n- 'uvicorn<0.31'\n"),
    "flow": 'dependencies: [fastapi, "httpx>=0.27,<0.29", uvicorn=0.54]\n',
}

PIPFILES = {
    "plain": (
        ('[packages]\nfastapi = "*"\nuvicorn = "==0.54.0"\n'),
        {"fastapi": "", "uvicorn": "==0.54.0"},
    ),
    "tables": (
        (
            "[packages]\n"
            'fastapi = {version = ">=0.112,<0.113", extras = ["standard"]}\n'
            "[dev-packages]\n"
            'httpx = "~=0.28.1"\n'
        ),
        {"fastapi": "<0.113,>=0.112", "httpx": "~=0.28.1"},
    ),
    "places": (
        (
            "[packages]\n"
            'fastapi = {git = "https://git.example.com/fastapi.git", ref = "main"}\n'
            'shop = {path = ".", editable = true}\n'
        ),
        {"fastapi": "", "shop": ""},
    ),
    "categories": (
        (
            "[[source]]\n"
            'url = "https://packages.example.com/simple"\n'
            'name = "x"\n'
            "[packages]\n"
            'fastapi = "0.165.0"\n'
            "[docs]\n"
            'mkdocs = ">=1"\n'
        ),
        {"fastapi": "==0.165.0", "mkdocs": ">=1"},
    ),
    "own tables": (
        ('[packages.fastapi]\nversion = "*"\nextras = ["all"]\n[requires]\npython_version = "3.11"\n'),
        {"fastapi": ""},
    ),
}

SCRIPTS = {
    "plain": ('# /// script\n# dependencies = [\n#   "fastapi>=0.112",\n#   "uvicorn",\n# ]\n# ///\nimport fastapi\n'),
    "shebang": (
        "#!/usr/bin/env -S uv run\n"
        "# /// script\n"
        '# requires-python = ">=3.11"\n'
        '# dependencies = ["httpx<0.29"]\n'
        "#\n"
        "# [tool.uv]\n"
        "# x = 1\n"
        "# ///\n"
        "print()\n"
    ),
    "crlf": ('# /// script\r\n# dependencies = [\r\n#   "fastapi>=0.112",\r\n# ]\r\n# ///\r\n'),
    "none": ('"""x"""\n# /// other\n# dependencies = ["fastapi"]\n# ///\n'),
}

PIP_IN_CONDA = (
    "dependencies:\n"
    "  - python=3.11\n"
    "  - pip\n"
    "  - pip:\n"
    "      - fastapi[standard]>=0.112  # web\n"
    "      - -r requirements.txt\n"
    "      - 'uvicorn ; sys_platform != \"win32\"'\n"
)

UV_LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "annotated-types"
version = "0.8.0"
source = { registry = "https://packages.example.com/simple" }
wheels = [
    { url = "https://packages.example.com/a.whl", hash = "sha256:00", size = 1 },
]

[[package]]
name = "fastapi"
version = "0.112.0"
source = { registry = "https://packages.example.com/simple" }
resolution-markers = [
    "python_full_version < '3.12'",
]

[[package]]
name = "fastapi"
version = "0.165.0"
source = { registry = "https://packages.example.com/simple" }

[[package]]
name = "shop"
source = { virtual = "." }
dependencies = [
    { name = "fastapi", version = "0.165.0" },
]

[package.metadata]
requires-dist = [{ name = "fastapi" }]
"""

POETRY_LOCK = """# This file is automatically @generated by Poetry.

[[package]]
name = "Fast_API"
version = "0.165.0"
description = "x"
optional = false
python-versions = ">=3.11"
files = [
    {file = "a.whl", hash = "sha256:00"},
]

[package.dependencies]
starlette = ">=1.6.0"

[[package]]
name = 'starlette'
description = "version = 9"
version = '1.10.0'

[metadata]
lock-version = "2.1"
python-versions = "^3.11"
"""

PYLOCK = """lock-version = "1.0"
created-by = "x"
requires-python = ">=3.11"

[[packages]]
name = "fastapi"
version = "0.165.0"

[[packages]]
name = "local"
directory = { path = "." }
"""
