import { option, show } from '@gradloom/core/internal';
import type { BackendChoice } from '@gradloom/runtime';
import { trainOptions } from '@gradloom/runtime/options';
import { UsageError } from '../terminal/failure.ts';
import { flagsOf } from './flags-of.ts';
import type { FileOptionTable, Option } from './option.ts';
import type { RawOptions } from './raw-options.ts';

const { threads, backend, blas } = flagsOf(trainOptions.table, 'Run');

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** '300MB', '1.5GiB' or '300000000': powers of 1000, of 1024, or bytes. */
export const memorySize = option.kind((_where, name, raw): number => {
  const bytes = typeof raw === 'string' ? bytesOf(raw) : raw;
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new Error(`${name} has ${show(raw)}, expected a size such as 300MB, 2GiB or a number of bytes, at most 9007TB`);
});

function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(text) ?? [];
  return Math.floor(Number(digits) * BYTES[unit.toLowerCase()]);
}

/** Options of every command that computes. */
export const runOptions = {
  threads: { ...threads, ...option.positiveInteger(undefined, threads.help, 'all cores') },
  'memory-limit': {
    group: 'Run',
    effect: 'bound',
    ...memorySize(
      undefined,
      'most memory the process may use, such as 300MB or 2GiB; never changes the result',
      'what the machine or container has free',
    ),
  },
  backend,
  blas,
} satisfies FileOptionTable;

/** An option of every command. */
export const verbose = {
  group: 'Output',
  ...option.flag(undefined, 'print the stack trace of an error'),
} satisfies Option<boolean>;

/** --out of a command that writes `files` into a directory, besides what it prints. */
export const outOption = (files: string) =>
  ({
    group: 'Output',
    ...option.text('a directory')(undefined, `directory to write ${files} to`),
  }) satisfies Option<string>;

/** Whether a backend may load a library: the others ignore --blas. */
const takesLibrary = (backend: BackendChoice | undefined): boolean =>
  backend === undefined || backend === 'auto' || backend === 'blas';

/** @throws UsageError for --blas with a backend that loads no library. */
export function refuseIdleLibrary(
  raw: RawOptions,
  { backend, blas }: { backend?: BackendChoice; blas?: string },
): void {
  if (blas === undefined || takesLibrary(backend)) return;
  const backendText = raw.backend === undefined ? `backend ${backend}, the default` : `${raw.backend.name} ${backend}`;
  throw new UsageError(`${raw.blas.name} is given with ${backendText}, expected backend blas or auto`);
}
