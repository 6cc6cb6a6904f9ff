import { kind } from '../../checks/options/index.ts';
import { createMember, type Family, type SpecOf, withOptions } from '../family.ts';
import { constant, constantOptions, zeros } from './constant.ts';
import type { Initializer } from './initializer.ts';
import { normal, normalOptions } from './normal.ts';
import { orthogonal, orthogonalOptions } from './orthogonal.ts';
import { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled.ts';
import { uniform, uniformOptions } from './uniform.ts';

const [table, options] = withOptions({
  'glorot-uniform': [glorotUniform, {}],
  'glorot-normal': [glorotNormal, {}],
  'he-uniform': [heUniform, {}],
  'he-normal': [heNormal, {}],
  'lecun-uniform': [lecunUniform, {}],
  'lecun-normal': [lecunNormal, {}],
  orthogonal: [orthogonal, orthogonalOptions.table],
  uniform: [uniform, uniformOptions.table],
  normal: [normal, normalOptions.table],
  constant: [constant, constantOptions.table],
  zeros: [zeros, {}],
});

/** The name of an initializer. */
export type InitializerName = keyof typeof table;

/** Every initializer. */
export const initializers: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export const initializerOptions = options;

/** For example 'he-normal', or { kind: 'normal', std: 0.01 }. */
export type InitializerSpec = SpecOf<typeof initializers>;

/** Creates an initializer. @throws OptionError naming the nearest known initializer or option. */
export const createInitializer = (
  spec: InitializerSpec,
  custom: { readonly initializers: Family<Initializer> } = { initializers: {} },
): Initializer => createMember('initializer', initializers, spec, custom.initializers);

const spec = kind((_where, _name, value) => value as InitializerSpec);

/** An option with the spec of an initializer, which `createInitializer` checks. */
export const initializer = <const Standard extends InitializerSpec | undefined = undefined>(standard?: Standard) => ({
  ...spec(standard),
  members: initializerOptions,
});
