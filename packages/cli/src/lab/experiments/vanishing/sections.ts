import type { Paint } from '../../../terminal/paint.ts';
import type { Section } from '../experiment.ts';
import type { Comparison, Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { epsilonSection } from './epsilon.ts';
import { longSection } from './long-run.ts';
import { factors, perLayer, pictures, slopeOfSigmoid } from './start-sections.ts';
import { alongTraining, ends, moves, rates, starts } from './training-sections.ts';

export function sectionsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData, paint: Paint): Section[] {
  return [
    slopeOfSigmoid(),
    ...pictures(comparisons, setup, paint),
    factors(comparisons, setup),
    ...(['first', 'last'] as const).map((when) => perLayer(comparisons, setup, when)),
    alongTraining(comparisons),
    moves(comparisons),
    ends(comparisons, setup, data),
    rates(comparisons),
    ...comparisons.flatMap((comparison) => epsilonSection(comparison, setup)),
    ...longSection(comparisons, setup),
    ...(setup.moreSeeds.length === 0 ? [] : [starts(comparisons, data)]),
  ];
}
