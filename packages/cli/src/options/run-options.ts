import type { BackendChoice } from '@gradloom/runtime';
import { UsageError } from '../usage-error.ts';
import { memorySize } from './memory-size.ts';
import { wholeNumber } from './numbers.ts';
import type { FileOptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { keyOf, text } from './words.ts';

/** A copy of the names in the runtime, whose table would load the whole runtime for help. */
const backends = { auto: true, reference: true, wasm: true, native: true, blas: true } satisfies Record<
  BackendChoice,
  true
>;

/** Options of every command that computes. */
export const runOptions = {
  threads: {
    group: 'Run',
    effect: 'execution',
    ...wholeNumber(1),
    describe: 'worker threads; never changes the result (default: all cores)',
  },
  'memory-limit': {
    group: 'Run',
    effect: 'bound',
    ...memorySize,
    describe:
      'most memory the process may use, such as 300MB or 2GiB; never changes the result (default: what the machine or container has free)',
  },
  backend: {
    group: 'Run',
    effect: 'execution',
    ...keyOf(backends),
    describe: `${Object.keys(backends).join(', ')} (default: auto, the first of native, blas and wasm that runs here; wasm for small layers)`,
  },
  blas: {
    group: 'Run',
    effect: 'code',
    ...text('a path'),
    describe: 'path of the BLAS library to load (default: searched by name)',
  },
} satisfies FileOptionTable;

/** Whether a backend may load a library: the others ignore --blas. */
export const takesLibrary = (backend: BackendChoice | undefined): boolean =>
  backend === undefined || backend === 'auto' || backend === 'blas';

/** @throws UsageError for --blas with a backend that loads no library. */
export function refuseIdleLibrary(
  given: RawOptions,
  { backend, blas }: { backend?: BackendChoice; blas?: string },
): void {
  if (blas === undefined || takesLibrary(backend)) return;
  const beside = given.backend === undefined ? `backend ${backend}, the default` : `${given.backend.name} ${backend}`;
  throw new UsageError(`${given.blas.name} is given with ${beside}, expected backend blas or auto`);
}
