"""Executes the code cells of a notebook in Deno's kernel, and prints, as JSON,
what each of them brought: run_notebook.py DENO NOTEBOOK

Messages are sorted to their cells by what they answer, until the kernel has
answered once more at the end: Deno's kernel sometimes says that a cell is over
before it gives the cell's value.
"""

import json
import os
import sys
import tempfile
import time
from queue import Empty

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

TIMEOUT_S = 120
INTERRUPT = "// interrupt this cell"
ASK = "// until a widget is asked"


def write_kernel(folder, deno):
    """Writes a kernel specification of our own: nothing is installed."""
    kernel = os.path.join(folder, "deno")
    os.mkdir(kernel)
    with open(os.path.join(kernel, "kernel.json"), "w") as file:
        json.dump({
            "argv": [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
            "display_name": "Deno",
            "language": "typescript",
            "env": {"NO_COLOR": "1"},
        }, file)


class Run:
    """One kernel, and what it says."""

    def __init__(self, manager):
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)
        self.outputs = {}
        self.shown = {}
        self.inboxes = {}
        self.openings = {}

    def execute(self, code):
        request = self.client.execute(code, store_history=False)
        self.outputs[request] = []
        deadline = time.monotonic() + TIMEOUT_S
        asked = not code.startswith(INTERRUPT)
        waits = code.startswith(ASK)
        over = False
        while True:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Cannot wait longer for a cell: {code}")
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            of = message["parent_header"].get("msg_id")
            kind, content = message["msg_type"], message["content"]
            # What a comm says later belongs to the cell that opened it.
            self.hear(self.openings.get(content.get("comm_id"), of), kind,
                      content)
            if not asked and kind == "stream":
                self.manager.interrupt_kernel()
                asked = True
            if kind == "comm_open":
                inbox = message["metadata"]["inbox"]
                self.inboxes[content["comm_id"]] = inbox
                self.openings[content["comm_id"]] = of
            if kind == "comm_msg" and "ask" in content["data"]:
                self.answer(content)
                waits = False
            if of == request and kind == "status" \
                    and content["execution_state"] == "idle":
                over = True
            if over and not waits:
                return request

    def answer(self, content):
        """Does as a widget would that is asked: says its value."""
        inbox = self.inboxes[content["comm_id"]]
        value = json.dumps({"answer": content["data"]["ask"] + 1})
        self.client.execute(f"{inbox}({value})", silent=True)

    def hear(self, of, kind, content):
        if kind == "update_display_data":
            output = self.shown.get(content["transient"]["display_id"])
            if output is not None:
                output["data"] = content["data"]
                output["updates"] += 1
            return
        if kind not in ("stream", "display_data", "execute_result", "error",
                        "comm_open", "comm_msg", "comm_close"):
            return
        output = {"type": kind, "updates": 0}
        for name in ("text", "data", "ename", "evalue"):
            if name in content:
                output[name] = content[name]
        display = content.get("transient", {}).get("display_id")
        if display is not None:
            self.shown[display] = output
        self.outputs.setdefault(of, []).append(output)


def main(deno, path):
    with open(path) as file:
        cells = json.load(file)["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    with tempfile.TemporaryDirectory() as folder:
        write_kernel(folder, deno)
        specs = KernelSpecManager(kernel_dirs=[folder])
        manager = KernelManager(kernel_name="deno", kernel_spec_manager=specs)
        manager.start_kernel(
            cwd=os.path.dirname(os.path.abspath(path)),
            stdout=sys.stderr,
        )
        try:
            run = Run(manager)
            requests = [run.execute(source) for source in code]
            run.execute("undefined")
            run.client.stop_channels()
        finally:
            manager.shutdown_kernel()
    print(json.dumps([run.outputs[request] for request in requests]))


main(sys.argv[1], sys.argv[2])
