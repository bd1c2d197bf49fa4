// Bundles, and says what is wrong.
const { rspack } = require("@rspack/core");

rspack(require("./rspack.config.cjs"), (error, stats) => {
  if (error) throw error;
  console.log(stats.toString({ all: false, errors: true, timings: true }));
  process.exit(stats.hasErrors() ? 1 : 0);
});
