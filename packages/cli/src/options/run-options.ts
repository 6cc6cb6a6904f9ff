import type { BackendChoice } from '@gradloom/runtime';
import { backendChoices, trainOptions } from '@gradloom/runtime/options';
import { UsageError } from '../terminal/failure.ts';
import { helpLine } from './help-line.ts';
import { memorySize } from './memory-size.ts';
import { wholeNumber } from './numbers.ts';
import type { FileOptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { keyOf, text } from './words.ts';

const { threads, backend, blas } = trainOptions.table;

/** Options of every command that computes. */
export const runOptions = {
  threads: {
    group: 'Run',
    effect: 'execution',
    ...wholeNumber(1),
    describe: helpLine(threads, 'all cores'),
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
    ...keyOf(backendChoices),
    describe: helpLine({ ...backend, help: Object.keys(backendChoices).join(', ') }),
  },
  blas: {
    group: 'Run',
    effect: 'code',
    ...text('a path'),
    describe: helpLine(blas),
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
