import { show, showName } from '../checks/show.ts';
import { activations } from '../families/activations/index.ts';
import { initializers } from '../families/initializers/index.ts';
import { losses } from '../families/losses/index.ts';
import { metrics } from '../families/metrics/index.ts';
import { schedules } from '../families/schedules/index.ts';
import { layers } from '../network/layers/index.ts';
import type { CustomParts } from '../network/layers/layer-context.ts';
import { type ActivationPart, activationOf } from './define-activation.ts';
import { type InitializerPart, initializerOf } from './define-initializer.ts';
import { factoryOf, type LayerPart } from './define-layer.ts';
import { type LossPart, lossOf } from './define-loss.ts';
import type { MetricPart } from './define-metric.ts';
import { type SchedulePart, scheduleOf } from './define-schedule.ts';

/** Any of the user's own parts. */
type CustomPart = ActivationPart | LossPart | LayerPart | InitializerPart | SchedulePart | MetricPart;

/** Exports of a module, by name. */
export interface ModuleExports {
  /** Name of the module, for errors. */
  readonly source: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** For each family: names taken by built-in parts, and functions that a part must have, in one of its forms. */
const families: Readonly<Record<CustomPart['part'], { builtIn: object; forms: readonly (readonly string[])[] }>> = {
  activation: { builtIn: { ...layers, ...activations }, forms: [['formula'], ['apply', 'derivative']] },
  loss: { builtIn: losses, forms: [['formula'], ['value', 'derivative'], ['ofRow']] },
  layer: { builtIn: { ...layers, ...activations }, forms: [['formula'], ['build']] },
  initializer: { builtIn: initializers, forms: [['fill']] },
  schedule: { builtIn: schedules, forms: [['factor']] },
  metric: { builtIn: { ...metrics, rows: true, loss: true }, forms: [['create']] },
};

/**
 * Collects the parts that modules export, by family. Ignores other exports.
 * @throws Error naming the module and export if a part is incomplete or its name is taken.
 */
export function collectParts(modules: readonly ModuleExports[]): CustomParts {
  const parts: PartTables = { activations: {}, losses: {}, layers: {}, initializers: {}, schedules: {}, metrics: {} };
  const exportsByName = new Map<string, string>(); // by family and name: the export
  for (const { source, exports } of modules) {
    const countBefore = exportsByName.size;
    for (const [name, value] of Object.entries(exports)) {
      if (!isPart(value)) continue;
      const part = checkPart(`${source}: export ${showName(name)}`, value);
      // Specs tell layers and activations apart by name only, so these share names.
      const family = part.part === 'activation' ? 'layer' : part.part;
      const key = `${family} ${part.name}`;
      const other = exportsByName.get(key);
      if (other !== undefined) {
        throw new Error(
          `${source}: export ${showName(name)} has the name ${show(part.name)}, expected another one (${other} has it)`,
        );
      }
      exportsByName.set(key, `export ${showName(name)} of ${source}`);
      addPart(parts, part);
    }
    if (exportsByName.size === countBefore) {
      const makers = 'defineActivation, defineLoss, defineLayer, defineInitializer, defineSchedule or defineMetric';
      throw new Error(`${source}: has no export that is a part, expected one made by ${makers}`);
    }
  }
  return parts;
}

/** `CustomParts` that can be added to. */
type PartTables = { -readonly [K in keyof CustomParts]: Record<string, CustomParts[K][string]> };

function addPart(parts: PartTables, part: CustomPart): void {
  if (part.part === 'activation') parts.activations[part.name] = activationOf(part);
  else if (part.part === 'loss') parts.losses[part.name] = (options) => lossOf(part, options);
  else if (part.part === 'layer') parts.layers[part.name] = factoryOf(part);
  else if (part.part === 'initializer') parts.initializers[part.name] = (options) => initializerOf(part, options);
  else if (part.part === 'schedule') parts.schedules[part.name] = (options) => scheduleOf(part, options);
  else parts.metrics[part.name] = () => part.create();
}

const isPart = (value: unknown): value is { readonly part: unknown } =>
  typeof value === 'object' && value !== null && 'part' in value;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Validates a part: modules may be JavaScript, and parts plain objects, so nothing else has checked them. */
function checkPart(where: string, value: { readonly part: unknown }): CustomPart {
  const { part } = value;
  if (typeof part !== 'string' || !Object.hasOwn(families, part)) {
    throw new Error(`${where} has part ${show(part)}, expected one of ${Object.keys(families).join(', ')}`);
  }
  const { builtIn, forms } = families[part as keyof typeof families];
  const fields = value as unknown as Record<string, unknown>;
  const { name, options, alpha } = fields;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new Error(`${where} has the name ${show(name)}, expected lower-case words joined by hyphens`);
  }
  if (Object.hasOwn(builtIn, name)) {
    throw new Error(`${where} has the name ${show(name)}, expected one that no built-in part has`);
  }
  if (!forms.some((form) => form.every((key) => typeof fields[key] === 'function'))) {
    const expected = forms.map((form) => form.join(' and ')).join(', or ');
    throw new Error(
      `${where} (${part} ${name}) is incomplete, expected the ${forms.flat().length === 1 ? 'function' : 'functions'} ${expected}`,
    );
  }
  if ('ofRow' in fields && fields.targets !== 'classes' && fields.targets !== 'values') {
    throw new Error(`${where} (loss ${name}) has targets ${show(fields.targets)}, expected classes or values`);
  }
  if (alpha !== undefined && !(typeof alpha === 'number' && alpha > 0 && Number.isFinite(alpha))) {
    throw new Error(`${where} (${part} ${name}) has alpha ${show(alpha)}, expected a number above 0`);
  }
  const reservedKeys = part === 'layer' ? ['kind', 'name'] : ['kind']; // every spec has these itself
  for (const [key, standard] of Object.entries(options ?? {})) {
    if (['number', 'boolean', 'string'].includes(typeof standard) && !reservedKeys.includes(key)) continue;
    const expected = `a number, a text, true or false (under a name other than ${reservedKeys.join(' and ')})`;
    throw new Error(
      `${where} (${part} ${name}): option ${showName(key)} has the default ${show(standard)}, expected ${expected}`,
    );
  }
  return value as unknown as CustomPart;
}
