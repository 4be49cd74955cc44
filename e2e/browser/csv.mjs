// A file that the browser keeps, as RFC 4180 has it, in UTF-8 with the mark that spreadsheets look for.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

export function cells(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
    else if (end === "") break;
  }
  return rows.slice(0, -1);
}

// Presses the button and reads what comes of it. No cell is a formula to a spreadsheet.
export async function exported(page) {
  const pressed = page.getByRole("button", { name: "Export CSV" }).click();
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), pressed]);
  const text = await readFile(await download.path(), "utf8");
  assert.ok(text.startsWith("\u{feff}"));
  const [head, ...rows] = cells(text.slice(1));
  assert.deepEqual(rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell)), []);
  return { name: download.suggestedFilename(), head, rows };
}
