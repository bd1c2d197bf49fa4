/**
 * JupyterLab's own front end with the plugins that a notebook needs, and the
 * prebuilt extensions that the server names, loaded as JupyterLab does.
 */
/* global __webpack_init_sharing__, __webpack_share_scopes__ */
import { JupyterLab } from "@jupyterlab/application";
import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import { IServiceManager } from "@jupyterlab/services";
import { PluginRegistry } from "@lumino/coreutils";
import "@jupyterlab/notebook";
import "@lumino/widgets";
import * as application from "@jupyterlab/application-extension";
import * as apputils from "@jupyterlab/apputils-extension";
import * as codemirror from "@jupyterlab/codemirror-extension";
import * as completer from "@jupyterlab/completer-extension";
import * as docmanager from "@jupyterlab/docmanager-extension";
import * as filebrowser from "@jupyterlab/filebrowser-extension";
import * as launcher from "@jupyterlab/launcher-extension";
import * as mainmenu from "@jupyterlab/mainmenu-extension";
import * as notebook from "@jupyterlab/notebook-extension";
import * as rendermime from "@jupyterlab/rendermime-extension";
import * as services from "@jupyterlab/services-extension";
import * as themeLight from "@jupyterlab/theme-light-extension";
import * as translation from "@jupyterlab/translation-extension";
import * as uiComponents from "@jupyterlab/ui-components-extension";
import "@jupyterlab/application-extension/style/index.js";
import "@jupyterlab/apputils-extension/style/index.js";
import "@jupyterlab/codemirror-extension/style/index.js";
import "@jupyterlab/completer-extension/style/index.js";
import "@jupyterlab/docmanager-extension/style/index.js";
import "@jupyterlab/filebrowser-extension/style/index.js";
import "@jupyterlab/launcher-extension/style/index.js";
import "@jupyterlab/mainmenu-extension/style/index.js";
import "@jupyterlab/notebook-extension/style/index.js";
import "@jupyterlab/rendermime-extension/style/index.js";
import "@jupyterlab/ui-components-extension/style/index.js";

const MODULES = [application, apputils, codemirror, completer, docmanager, filebrowser, launcher, mainmenu, notebook, rendermime, services, themeLight, translation, uiComponents];

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = resolve;
    script.onerror = reject;
    script.src = url;
    document.head.append(script);
  });
}

function pluginsOf(module) {
  const exported = module.default ?? module;
  return Array.isArray(exported) ? exported : [exported];
}

async function prebuilt() {
  const extensions = JSON.parse(
    PageConfig.getOption("federated_extensions") || "[]",
  );
  const base = PageConfig.getOption("fullLabextensionsUrl");
  const plugins = [];
  for (const { name, load, extension } of extensions) {
    await loadScript(URLExt.join(base, name, load));
    await __webpack_init_sharing__("default");
    const container = globalThis._JUPYTERLAB[name];
    await container.init(__webpack_share_scopes__.default);
    plugins.push(...pluginsOf((await container.get(extension))()));
  }
  return plugins;
}

const pluginRegistry = new PluginRegistry();
pluginRegistry.registerPlugins(MODULES.flatMap(pluginsOf));
pluginRegistry.registerPlugins(await prebuilt());
const serviceManager = await pluginRegistry.resolveRequiredService(
  IServiceManager,
);
const lab = new JupyterLab({ pluginRegistry, serviceManager });
globalThis.lab = lab;
await lab.start();
await lab.restored;
globalThis.labIsReady = true;
