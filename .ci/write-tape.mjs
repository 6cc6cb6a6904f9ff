/** Writes the interpreter of tapes, packages/core/assembly/tape.ts, from the table of operations. */
import { writeFileSync } from 'node:fs';
import { tapeSource } from '../packages/core/src/backends/wasm/write-tape.ts';

writeFileSync(new URL('../packages/core/assembly/tape.ts', import.meta.url), tapeSource());
