// Makes WebAssembly modules smaller with Binaryen, in place: `node optimise.mjs FILE…`. Many in one process, as starting
// Binaryen takes longer than rewriting most of them.

import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

const { BulkMemory, BulkMemoryOpt, CallIndirectOverlong, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt } =
  binaryen.Features;
// What rustc emits for WebAssembly, and every browser of the last years reads.
const FEATURES =
  BulkMemory | BulkMemoryOpt | CallIndirectOverlong | Multivalue | MutableGlobals | NontrappingFPToInt | ReferenceTypes | SignExt;

// `-Os`, and not `-Oz`: that is smaller, but not when it has been compressed.
binaryen.setOptimizeLevel(2);
binaryen.setShrinkLevel(1);
// The last step of it, which the program `wasm-opt` does unasked.
binaryen.setGenerateStackIR(true);
binaryen.setOptimizeStackIR(true);

for (const file of process.argv.slice(2)) {
  const module = binaryen.readBinary(readFileSync(file), FEATURES);
  module.optimize();
  // What has similar names is similar, and compresses better side by side.
  module.runPasses(["reorder-functions-by-name", "strip-debug", "strip-producers"]);
  writeFileSync(file, module.emitBinary());
  module.dispose();
}
