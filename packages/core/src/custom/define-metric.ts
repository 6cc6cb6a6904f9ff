import type { Metric } from '../families/metrics/metric.ts';

/** Definition of a user's own metric. */
export interface MetricDefinition {
  /** Name in results: lower-case words joined by hyphens, different from all built-in names. */
  readonly name: string;
  /** Creates a metric without rows. */
  create(): Metric;
}

/** Return value of `defineMetric`. */
export interface MetricPart extends MetricDefinition {
  /** Family of the part. */
  readonly part: 'metric';
}

/**
 * Defines a metric, for a module of `train(..., { modules })`. Every evaluation reports its value under its name:
 *
 * ```ts
 * export const worst = defineMetric({
 *   name: 'worst',
 *   create() {
 *     let max = 0;
 *     return {
 *       add(y, t, B, O) {
 *         for (let i = 0; i < B * O; i++) max = Math.max(max, Math.abs(y[i] - t[i]));
 *       },
 *       value: () => max,
 *     };
 *   },
 * });
 * ```
 */
export const defineMetric = (definition: MetricDefinition): MetricPart => ({ ...definition, part: 'metric' });
