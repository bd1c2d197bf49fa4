// What is shared between bundles has to be set up before anything runs.
import("./index.js");
