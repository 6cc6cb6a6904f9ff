import type { Activation } from '../model/activations/activation.ts';
import type { Initializer } from '../model/initializers/initializer.ts';
import type { Layer, Place } from '../model/layers/layer.ts';
import type { Loss } from '../model/losses/loss.ts';
import type { Metric } from '../train/metrics/metric.ts';
import type { ScheduleIn } from '../train/schedules/schedule.ts';

/** Parts of a user's own, by family and name, which stand beside the built-in ones. */
export interface OwnParts {
  /** Activations. */
  readonly activations: Readonly<Record<string, Activation>>;
  /** Losses. */
  readonly losses: Readonly<Record<string, (options: object) => Loss>>;
  /** Layers. */
  readonly layers: Readonly<Record<string, (options: object, place: Place) => Layer>>;
  /** Initializers. */
  readonly initializers: Readonly<Record<string, (options: object) => Initializer>>;
  /** Schedules. */
  readonly schedules: Readonly<Record<string, (options: object) => ScheduleIn>>;
  /** Metrics; evaluations have all of them. */
  readonly metrics: Readonly<Record<string, () => Metric>>;
}

/** None. */
export const NO_PARTS: OwnParts = {
  ...{ activations: {}, losses: {}, layers: {}, initializers: {}, schedules: {}, metrics: {} },
};
