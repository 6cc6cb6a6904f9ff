export {
  checkModules,
  type LoadedParts,
  type ModuleRecord,
  type ModuleSource,
  NOTHING_LOADED,
} from '../inference/loaded-parts.ts';
export { type CustomParts, NO_PARTS } from '../network/layers/layer-context.ts';
export { checkGradients, type GradientCheck } from './check-gradients.ts';
export { type CustomPart, collectParts, type ModuleExports } from './collect-parts.ts';
export { type ActivationDefinition, type ActivationPart, defineActivation } from './define-activation.ts';
export { defineInitializer, type InitializerDefinition, type InitializerPart } from './define-initializer.ts';
export { type CustomLayer, defineLayer, type LayerDefinition, type LayerPart } from './define-layer.ts';
export {
  defineLoss,
  type ElementwiseLossDefinition,
  type LossDefinition,
  type LossPart,
  type RowLossDefinition,
} from './define-loss.ts';
export { defineMetric, type MetricDefinition, type MetricPart } from './define-metric.ts';
export { defineSchedule, type ScheduleDefinition, type SchedulePart } from './define-schedule.ts';
export type { PartBase, PartDefaults, PartOptions } from './part-options.ts';
