// Serves the files of a built app that needs no server of ours, under the same policy that the server sends.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { apps } from "./demo.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".wasm": "application/wasm" };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export async function serve(app) {
  const base = `/assets/${app}/`;
  const server = createServer(async ({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
    const file = path.startsWith(base) ? join("assets", path.slice(base.length)) : "index.html";
    try {
      const content = await readFile(join(apps, app, file));
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://localhost:${server.address().port}`, stop: () => new Promise((done) => server.close(done) && server.closeAllConnections()) };
}

// `node files.mjs gallery`: to look at it.
if (process.argv[1] === import.meta.filename) console.log((await serve(process.argv[2] ?? "gallery")).url);
