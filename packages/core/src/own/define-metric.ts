import type { Metric } from '../families/metrics/metric.ts';

/** A metric of one's own. */
export interface MetricDefinition {
  /** Its name in results: lower-case words joined by hyphens, which no built-in part has. */
  readonly name: string;
  /** A metric that has seen no row yet. */
  create(): Metric;
}

/** What `defineMetric` returns. */
export interface MetricPart extends MetricDefinition {
  /** Its family. */
  readonly part: 'metric';
}

/**
 * A metric for a module of `train(..., { modules })`; every evaluation has its value, under its name:
 *
 * ```ts
 * export const worst = defineMetric({
 *   name: 'worst',
 *   create() {
 *     let most = 0;
 *     return {
 *       add(y, t, B, O) {
 *         for (let i = 0; i < B * O; i++) most = Math.max(most, Math.abs(y[i] - t[i]));
 *       },
 *       value: () => most,
 *     };
 *   },
 * });
 * ```
 */
export const defineMetric = (definition: MetricDefinition): MetricPart => ({ ...definition, part: 'metric' });
