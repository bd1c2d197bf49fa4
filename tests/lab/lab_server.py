"""Serves the front end that app/ builds, with Debian's jupyter-server:
lab_server.py APP EXTENSIONS NOTEBOOKS PORT TOKEN
"""

import os
import sys

from jupyterlab_server import LabServerApp

APP, EXTENSIONS, NOTEBOOKS, PORT, TOKEN = sys.argv[1:]
PAGE = """<!DOCTYPE html>
<html>
  <head><meta charset="utf-8"><title>{{ page_config['appName'] }}</title></head>
  <body>
    <script id="jupyter-config-data" type="application/json">
      {{ page_config | tojson }}
    </script>
    <script src="{{ page_config['fullStaticUrl'] | e }}/bundle.js"></script>
  </body>
</html>
"""


def folder(name):
    path = os.path.join(NOTEBOOKS, ".lab", name)
    os.makedirs(path, exist_ok=True)
    return path


with open(os.path.join(folder("templates"), "index.html"), "w") as file:
    file.write(PAGE)


def _jupyter_server_extension_points():
    return [{"module": __name__, "app": Lab}]


class Lab(LabServerApp):
    name = __name__
    app_name = "Lab"
    app_version = "4.6.0"
    extension_url = "/lab"
    default_url = "/lab"
    load_other_extensions = False
    open_browser = False
    static_dir = os.path.join(APP, "build")
    schemas_dir = os.path.join(APP, "build", "schemas")
    themes_dir = os.path.join(APP, "build", "themes")
    templates_dir = folder("templates")
    app_settings_dir = folder("settings")
    user_settings_dir = folder("user")
    workspaces_dir = folder("workspaces")
    labextensions_path = [EXTENSIONS]
    extra_labextensions_path = [EXTENSIONS]


Lab.launch_instance(argv=[
    "--ServerApp.ip=127.0.0.1",
    f"--ServerApp.port={PORT}",
    "--ServerApp.port_retries=0",
    f"--ServerApp.token={TOKEN}",
    f"--ServerApp.root_dir={NOTEBOOKS}",
    "--ServerApp.allow_root=True",
    "--ServerApp.open_browser=False",
])
