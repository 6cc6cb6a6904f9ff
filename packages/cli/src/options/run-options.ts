import type { BackendChoice } from '@gradloom/runtime';
import { wholeNumber } from './numbers.ts';
import type { OptionTable } from './option.ts';
import { keyOf, text } from './words.ts';

/** As the runtime has them, whose table would bring the whole runtime into a help text. */
const backends = { auto: true, reference: true, wasm: true, blas: true } satisfies Record<BackendChoice, true>;

/** Where the arithmetic runs: of every command that computes. */
export const runOptions = {
  threads: { group: 'Run', ...wholeNumber(1), describe: 'worker threads; never changes the result (all cores)' },
  backend: {
    group: 'Run',
    ...keyOf(backends),
    describe: `${Object.keys(backends).join(', ')} (auto: blas where a library is found, else wasm)`,
  },
  blas: { group: 'Run', ...text('a path'), describe: 'path of the BLAS library to load (found by name)' },
} satisfies OptionTable;
