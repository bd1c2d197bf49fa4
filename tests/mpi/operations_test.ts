import assert from "node:assert/strict";
import { hasMpi, MPI_FLAVOURS, mpiexecWords } from "./mpiexec.ts";

const PROGRAM = new URL("rank_program.ts", import.meta.url).pathname;

for (const flavour of MPI_FLAVOURS) {
  Deno.test({
    name: `Mpi performs every operation among the ranks of ${flavour}`,
    ignore: !hasMpi(flavour),
    async fn() {
      for (const ranks of [2, 3]) {
        // Whoever fails ends the job: the others would wait for it for ever.
        const [program = "", ...words] = mpiexecWords(flavour, ranks);
        const { code, stdout, stderr } = await new Deno.Command(program, {
          args: [
            ...[...words, Deno.execPath(), "run", "--no-prompt", "--no-check"],
            ...["--allow-ffi", PROGRAM, flavour, String(ranks)],
          ],
          stdin: "null",
        }).output();
        const text = new TextDecoder();
        assert.equal(
          text.decode(stdout),
          `${ranks} ranks\n`,
          text.decode(stderr),
        );
        assert.equal(code, 0);
      }
    },
  });
}
