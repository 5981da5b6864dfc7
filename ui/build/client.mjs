// Writes src/api/schema.ts from the OpenAPI document, so that a field that the server does not have fails to compile.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const document = new URL("../../api/openapi.json", import.meta.url);
const schema = new URL("../src/api/schema.ts", import.meta.url);

try {
  const types = astToString(await openapi(JSON.parse(await readFile(document, "utf8"))));
  await writeFile(schema, `// Generated from api/openapi.json by \`npm run client\`.\n${types}`);
} catch (error) {
  console.error(`error: the client could not be generated from api/openapi.json: ${error.message}`);
  console.error("  hint: `cargo xtask openapi` writes the document");
  if (error.code !== "ENOENT") process.exitCode = 1;
}
