import type { SeedRange } from '../../../options/seed-range.ts';
import type { ExperimentContext, Outcome } from '../../experiment.ts';

/** Figures as somebody published them, measured again from a number of starts. */
export interface Preset {
  readonly seeds: SeedRange; // where the user names none
  readonly run: (seeds: readonly number[], context: ExperimentContext, long?: boolean) => Promise<Outcome>;
}
