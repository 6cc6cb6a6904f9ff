import { camelCase } from '../../options/letter-case.ts';
import { parseRaw, type RawOptions } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { UsageError } from '../../terminal/usage-error.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';

/** Flags that repeat an option of a member: `--lr 0.1` and `--optimizer sgd:lr=0.1`. */
const optionsOfMembers: readonly (readonly [flag: keyof TrainValues, member: 'optimizer' | 'schedule'])[] = [
  ...(['lr', ...Object.keys(optimizerFlags)] as (keyof TrainValues)[]).map((flag) => [flag, 'optimizer'] as const),
  ['warmup-steps', 'schedule'],
];

const saysToo = (values: TrainValues, flag: string, member: 'optimizer' | 'schedule'): boolean =>
  Object.hasOwn(values[member] ?? {}, camelCase(flag));

/** Checks that the options of one source do not contradict each other. @throws UsageError */
export function parseSource(raw: RawOptions): TrainValues {
  const values = parseRaw(trainOptions, raw, trainAlternatives);
  for (const [flag, member] of optionsOfMembers) {
    if (!(flag in raw) || !saysToo(values, flag, member)) continue;
    throw new UsageError(`${raw[flag].name} is given with ${flag} of ${raw[member].name}, expected one of the two`);
  }
  refuseIdleLibrary(raw, values);
  return values;
}

/** Drops options of a file that flags override in other words, or make unused. */
export function besideFlags(file: RawOptions, flags: TrainValues): RawOptions {
  const setAside = new Set<string>();
  for (const [flag, member] of optionsOfMembers) if (saysToo(flags, flag, member)) setAside.add(flag);
  if (flags.blas !== undefined) setAside.add('backend');
  return Object.fromEntries(Object.entries(file).filter(([key]) => !setAside.has(key)));
}
