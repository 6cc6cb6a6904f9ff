import type { InitializerSpec } from '../families/initializers/index.ts';
import type { Initializer } from '../families/initializers/initializer.ts';
import type { Elements } from '../math/element-type.ts';
import type { Random } from '../math/random/create-random.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** Definition of a user's own initializer. */
export interface InitializerDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** Overwrites `out` [fanIn, fanOut] with starting values. Must take random numbers from `random` only. */
  fill(
    out: Elements, // [fanIn, fanOut] out
    fanIn: number,
    fanOut: number,
    random: Random,
    options: PartOptions<D>,
  ): void;
}

/** Return value of `defineInitializer`. */
export interface InitializerPart<D extends PartDefaults = PartDefaults> extends InitializerDefinition<D> {
  /** Family of the part. */
  readonly part: 'initializer';
  /** Spec of the initializer with options, for a layer's `init` and `biasInit`. */
  spec(options?: Partial<PartOptions<D>>): InitializerSpec;
}

/**
 * Defines an initializer, for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const signs = defineInitializer({
 *   name: 'signs',
 *   options: { size: 0.1 },
 *   fill(out, _fanIn, _fanOut, random, { size }) {
 *     for (let i = 0; i < out.length; i++) out[i] = random.integer(2) === 0 ? -size : size;
 *   },
 * });
 * ```
 *
 * In a float32 run `out` is a Float32Array, so each number is rounded when it is stored.
 */
export const defineInitializer = <const D extends PartDefaults = Record<never, never>>(
  definition: InitializerDefinition<D>,
): InitializerPart<D> => ({
  ...definition,
  part: 'initializer',
  // Cast, as InitializerSpec does not know the name.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as InitializerSpec,
});

/** Converts the definition to an initializer for layers. */
export function initializerOf(definition: InitializerDefinition, partOptions: object): Initializer {
  const options = readPartOptions(definition, partOptions);
  return (out, fanIn, fanOut, random) => definition.fill(out, fanIn, fanOut, random, options);
}
