import { either, list, record, refined } from '../../options/schema/containers.ts';
import { figure, literal, name } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';

/** At most 1000 and at least 1. The sum of shares may exceed 1 slightly by rounding. */
const shares = list(figure(0, 2), 1, 1000);

/** Histograms of the numbers of one layer at the start and at the end, in the same bins. */
export const layerHistogram = refined(
  record({
    kind: either(literal('weights'), literal('outputs')),
    layer: name,
    low: figure(),
    high: figure(),
    start: shares, // share in each bin
    end: shares,
  }),
  ({ start, end }, fail) => {
    if (start.length !== end.length) fail(['end'], `a list of ${end.length}`, `a list of ${start.length} (as start)`);
  },
);

export type LayerHistogram = Read<typeof layerHistogram>;
