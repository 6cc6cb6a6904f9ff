import type { Initializer, InitializerSpec } from '../families/initializers/index.ts';
import type { Elements } from '../math/element-type.ts';
import type { Random } from '../math/random/create-random.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** An initializer of one's own. */
export interface InitializerDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** Overwrites `out` [fanIn, fanOut] with starting values. Take random numbers only from `random`. */
  fill(
    out: Elements, // [fanIn, fanOut] out
    fanIn: number,
    fanOut: number,
    random: Random,
    options: PartOptions<D>,
  ): void;
}

/** What `defineInitializer` returns. */
export interface InitializerPart<D extends PartDefaults = PartDefaults> extends InitializerDefinition<D> {
  /** Its family. */
  readonly part: 'initializer';
  /** The initializer with some options, for `init` and `biasInit` of a layer. */
  spec(options?: Partial<PartOptions<D>>): InitializerSpec;
}

/**
 * An initializer for a module of `train(..., { modules })`:
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
 * `out` is a Float32Array in a run of floats: each number is rounded as it is stored.
 */
export const defineInitializer = <const D extends PartDefaults = Record<never, never>>(
  definition: InitializerDefinition<D>,
): InitializerPart<D> => ({
  ...definition,
  part: 'initializer',
  // The name is one that InitializerSpec does not know.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as InitializerSpec,
});

/** The initializer as layers use it. */
export function initializerOf(definition: InitializerDefinition, given: object): Initializer {
  const options = readPartOptions(definition, given);
  return (out, fanIn, fanOut, random) => definition.fill(out, fanIn, fanOut, random, options);
}
