import { option } from '@gradloom/core/internal';
import { type BackendChoice, createPool, type Pool } from '@gradloom/runtime';
import { type Filled, type OptionTable, type Values, withDefaults } from '../../options/option.ts';
import { parseRaw, type RawOptions } from '../../options/raw-options.ts';
import { runOptions, verbose } from '../../options/run-options.ts';
import type { Paint } from '../../terminal/paint.ts';
import type { Finding } from './finding.ts';

/** The machine options of an experiment, to spread into the options of `train`. */
export interface Machine {
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly blas?: string;
}

/** Calls `use` with a pool of threads, by default one per core, and closes it afterwards. */
export async function withPool<T>(threads: number | undefined, use: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = await createPool(threads === undefined ? {} : { threads });
  try {
    return await use(pool);
  } finally {
    await pool.destroy();
  }
}

export interface ExperimentContext {
  readonly machine: Machine;
  /** Set in `experiment all`: experiments of more than about ten seconds then run shorter, with the same findings. */
  readonly brief: boolean;
  /** Shows progress on a terminal. */
  readonly showProgress: (text: string) => void;
  /** Colours for the terminal; a chart must be readable without them. */
  readonly paint: Paint;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly string[]; // at most 80 columns, not counting colour codes
}

/** What an experiment found. */
export interface Outcome {
  readonly sections: readonly Section[];
  /** Numbers compared with the chapter or a paper, and claims of the experiment itself. */
  readonly findings: readonly Finding[];
  /** The keys of the JSON document, all numbers in full; typed arrays become arrays. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Experiment {
  readonly describe: string; // one line, begins with a capital, no full stop
  readonly seconds: number; // CPU time in `experiment all` on an EPYC; elsewhere it is scaled, to estimate the time left
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly options: OptionTable;
  readonly run: (raw: RawOptions, context: ExperimentContext) => Promise<Outcome>;
}

/** Connects an experiment with its options, which it gets parsed. */
export function defineExperiment<T extends OptionTable>(definition: {
  readonly describe: string;
  readonly seconds?: number; // default 1
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
  readonly options: T; // added to the common options, or replacing some
  /** `flags` are the options that the user gave, without defaults. */
  readonly run: (values: Filled<T>, context: ExperimentContext, flags: Values<T>) => Outcome | Promise<Outcome>;
}): Experiment {
  const { describe, seconds = 1, examples = [], options } = definition;
  return {
    describe,
    seconds,
    examples,
    options: { ...options, ...commonOptions, ...options }, // its own come first in help, and replace common ones
    run: async (raw, context) => {
      const flags = parseRaw(options, raw);
      return definition.run(withDefaults(options, flags), context, flags);
    },
  };
}

/** Common options of all experiments. The default backend is wasm, so that everyone sees the same digits. */
export const commonOptions = {
  ...runOptions,
  backend: { ...runOptions.backend, defaultText: 'wasm, so that everyone sees the same digits' },
  out: {
    group: 'Output',
    ...option.text('a directory')(
      undefined,
      'directory to write the full numbers (<experiment>.json) and the page (report.html) to',
    ),
  },
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;
