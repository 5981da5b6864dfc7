// Writes src/api/schema.ts from the OpenAPI document, so that a field that the server does not have fails to compile.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString, UNKNOWN } from "openapi-typescript";

const place = new URL("../../api/openapi.json", import.meta.url);
const schema = new URL("../src/api/schema.ts", import.meta.url);

/** The client goes by path and method; operation ids are not used and need not be unique for it. */
function withoutOperationIds(document) {
  const strip = (operation) => (typeof operation === "object" ? { ...operation, operationId: undefined } : operation);
  const item = (methods) => Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, Array.isArray(operation) ? operation : strip(operation)]));
  return JSON.parse(JSON.stringify({ ...document, paths: Object.fromEntries(Object.entries(document.paths).map(([path, methods]) => [path, item(methods)])) }));
}

/** An object of which the document says nothing is unknown, and not an object without fields. */
function transform(shape) {
  return shape.type === "object" && !shape.properties && !shape.additionalProperties ? UNKNOWN : undefined;
}

try {
  const document = withoutOperationIds(JSON.parse(await readFile(place, "utf8")));
  const types = astToString(await openapi(document, { transform }));
  await writeFile(schema, `// Generated from api/openapi.json by \`npm run client\`.\n${types}`);
} catch (error) {
  console.error(`error: the client could not be generated from api/openapi.json: ${error.message}`);
  console.error("  hint: `cargo xtask openapi` writes the document");
  process.exitCode = 1;
}
