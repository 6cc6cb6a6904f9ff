import { list, optional, record, variant } from '../../options/schema/containers.ts';
import { name } from '../../options/schema/names.ts';
import { count, figure, literal } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';

const epoch = record({
  event: literal('epoch'),
  epoch: count(),
  step: count(),
  trainLoss: figure(),
  gradientNorm: figure(),
  learningRate: figure(),
  validationLoss: figure(), // NaN if there is none
  validationAccuracy: figure(0, 1),
  validationRmse: figure(0),
  testLoss: optional(figure()), // only with --evaluate-test
  testAccuracy: optional(figure(0, 1)),
});

/** The part of a look that is drawn: the figures of the layers before step `step`. */
const probe = record({
  event: literal('probe'),
  step: count(),
  layers: list(record({ path: name, label: name, name: optional(name), rmsDy: figure() }), 1_000_000),
});

/** A line of metrics.jsonl. */
export const metricsLine = variant('event', { epoch, probe });

const spread = record({ low: figure(), mean: figure(), high: figure() });

/** A line of steps.jsonl: the steps after step `first`, up to and including step `step`. */
export const stepsLine = record({
  first: count(),
  step: count(1),
  loss: spread,
  gradientNorm: spread,
  learningRate: spread,
});

export type EpochFigures = Read<typeof epoch>;
export type LookFigures = Read<typeof probe>;
export type StepFigures = Read<typeof stepsLine>;
