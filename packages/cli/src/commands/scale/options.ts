import { option, show } from '@gradloom/core/internal';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import type { Alternatives } from '../../options/raw-options.ts';
import { outOption, runOptions, verbose } from '../../options/run-options.ts';
import { trainOptions } from '../train/options.ts';

const { dataset, hidden, activation, init, dropout, network, spec, precision, loss, optimizer, lr, batch, seed } =
  trainOptions;
const workload = { hidden, activation, init, dropout, network, spec, precision, loss, optimizer, lr, batch, seed };

/** Maximum number of threads of a pool. */
const MAX_CORES = 512;
const MAX_RANKS = 4096;

/** Numbers of `what`, '4,8,16', ascending and each once. */
const counts = (what: string, example: string, max: number): option.Kind<readonly number[]> =>
  option.kind((_where, name, raw): readonly number[] => {
    const values = String(raw)
      .split(',')
      .map((part) => option.numeric(part.trim()));
    if (values.every(option.wholeNumber(1, max).isValid)) return [...new Set(values)].sort((a, b) => a - b);
    throw new Error(`${name} has ${show(raw)}, expected numbers of ${what} such as ${example}, each from 1 to ${max}`);
  });

/** The workload as `train` takes it, and how it is measured. */
export const scaleOptions = {
  dataset: { ...dataset, defaultText: 'mnist' },
  ...workload,
  ...grouped(
    { group: 'Run' },
    {
      'max-threads': option.positiveInteger(undefined, 'largest number of threads to try', 'twice the cores'),
      rounds: option.positiveInteger(5, 'measurements of each number of threads, in turns'),
      steps: option.positiveInteger(
        undefined,
        'steps per measurement',
        '1 s of the fastest number of threads, at most 4 s of one thread',
      ),
      'model-cores': counts(
        'cores',
        '4,8,16,32,64',
        MAX_CORES,
      )(undefined, 'predict the step time on so many cores, such as 4,8,16,32,64, from parts that are measured here'),
      ranks: counts(
        'ranks',
        '1,2,4',
        MAX_RANKS,
      )(undefined, 'measure so many ranks of MPI too, such as 1,2,4, which mpirun or srun starts'),
      cluster: option.oneOf({ mpi: true })(
        undefined,
        'measure the ranks that mpirun or srun has started, and nothing else: mpi',
      ),
    },
  ),
  'memory-limit': runOptions['memory-limit'],
  backend: runOptions.backend,
  blas: runOptions.blas,
  out: outOption('the full numbers (scale.json) and the page (report.html)'),
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;

export type ScaleValues = Values<typeof scaleOptions>;

export const scaleAlternatives: Alternatives = [
  [['spec'], ['network', 'hidden', 'activation', 'init', 'dropout']],
  [['network'], ['hidden', 'activation', 'init', 'dropout']],
  [['cluster'], ['ranks', 'model-cores']],
];
