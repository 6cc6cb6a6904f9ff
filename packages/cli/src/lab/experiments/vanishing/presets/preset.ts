import type { SeedRange } from '../../../../options/seed-range.ts';
import type { ExperimentContext, Outcome } from '../../experiment.ts';

/** Published figures, measured again from a number of starts. */
export interface Preset {
  readonly seeds: SeedRange; // the default seeds
  readonly run: (seeds: readonly number[], context: ExperimentContext, long?: boolean) => Promise<Outcome>;
}
