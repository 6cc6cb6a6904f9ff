import type { TrainEvent } from '@gradloom/runtime';
import { list, optional, orElse, record, variant } from '../../options/schema/containers.ts';
import { text as anyText, count, figure, literal, name } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { targetFigures } from '../findings/findings.ts';

const epoch = record({
  event: literal('epoch'),
  epoch: figure(0), // not a whole number at an evaluation between two epochs
  step: count(),
  trainLoss: figure(),
  gradientNorm: figure(),
  learningRate: figure(),
  elapsedMs: optional(figure(0)), // of the steps so far
  trainAccuracy: optional(figure(0, 1)), // only with --live, of classes
  validationLoss: figure(), // NaN if there is none
  validationAccuracy: figure(0, 1),
  validationPerplexity: optional(figure(1)), // only of positions
  validationRmse: figure(0),
  testLoss: optional(figure()), // only with --evaluate-test
  testAccuracy: optional(figure(0, 1)),
  validationTargets: optional(targetFigures), // only of several outputs
  testTargets: optional(targetFigures), // only of several outputs, with --evaluate-test
});

/** The part of a probe that is drawn: figures of the layers after `step` steps. */
const probe = record({
  event: literal('probe'),
  step: count(),
  layers: list(
    record({ path: name, label: name, name: optional(name), rmsDy: figure(), std: orElse(figure(), Number.NaN) }),
    0,
    1_000_000,
  ),
});

/** A steering command, which was applied after step `step`. */
const steer = record({ event: literal('steer'), step: count(), action: name, rate: optional(figure(0)) });

/** The text or lines that the model wrote after step `step`. */
const text = record({ event: literal('text'), step: count(), texts: list(anyText(2 ** 16), 0, 100) });

/**
 * The events of training that go to metrics.jsonl, with the figures that a page reads. To show another event on a page,
 * list it here.
 */
export const metricsLines = { epoch, probe, steer, text } satisfies Partial<
  Record<TrainEvent['type'], Schema<unknown>>
>;

export const metricsLine = variant('event', metricsLines);

export type MetricsLine = Read<typeof metricsLine>;

export const linesOf = <Event extends MetricsLine['event']>(lines: readonly MetricsLine[], event: Event) =>
  lines.filter((line): line is Extract<MetricsLine, { event: Event }> => line.event === event);

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
export type ProbeFigures = Read<typeof probe>;
export type SteerLine = Read<typeof steer>;
export type WrittenText = Read<typeof text>;
export type StepFigures = Read<typeof stepsLine>;
