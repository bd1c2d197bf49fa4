// Bundles the front end, and puts the schemas of its settings and its theme
// beside it. The packages are in the folder where this file is copied to.
const fs = require("node:fs");
const path = require("node:path");
const { rspack } = require("@rspack/core");

const output = path.join(__dirname, "build");
const scope = path.join(__dirname, "node_modules", "@jupyterlab");
const shared = {};
for (const name of fs.readdirSync(scope)) {
  shared[`@jupyterlab/${name}`] = { singleton: true };
  const schemas = path.join(scope, name, "schema");
  if (!fs.existsSync(schemas)) continue;
  fs.cpSync(schemas, path.join(output, "schemas", "@jupyterlab", name), {
    recursive: true,
  });
}
const themeName = "theme-light-extension";
const theme = path.join(scope, themeName, "style");
const themed = path.join(output, "themes", "@jupyterlab", themeName);
fs.mkdirSync(themed, { recursive: true });
fs.copyFileSync(path.join(theme, "variables.css"), path.join(themed, "index.css"));
for (const name of ["widgets", "coreutils", "application", "messaging"]) {
  shared[`@lumino/${name}`] = { singleton: true };
}

module.exports = {
  mode: "development",
  devtool: false,
  entry: "./entry.js",
  output: { path: output, filename: "bundle.js", publicPath: "auto" },
  experiments: { topLevelAwait: true },
  module: {
    rules: [
      { test: /\.css$/, use: ["style-loader", "css-loader"] },
      { test: /\.(svg|png|gif|jpg|eot|ttf|woff2?)(\?.*)?$/, type: "asset" },
      { resourceQuery: /text|raw/, type: "asset/source" },
      {
        test: /\.svg$/,
        issuer: /\.js$/,
        type: "asset/source",
      },
      { test: /\.m?js$/, resolve: { fullySpecified: false } },
    ],
  },
  resolve: { fallback: { url: false, buffer: false, crypto: false, path: false, process: false } },
  plugins: [
    new rspack.container.ModuleFederationPluginV1({
      name: "CORE_FEDERATION",
      library: { type: "var", name: "CORE_FEDERATION" },
      shared,
    }),
    new rspack.DefinePlugin({ "process.env": "{}", process: "{ env: {}, platform: 'browser' }" }),
  ],
};
