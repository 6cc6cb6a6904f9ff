import { kind, type OptionTable } from '../../checks/options/index.ts';
import { createMember, type Family, type SpecOf } from '../family.ts';
import { constant, constantOptions, zeros } from './constant.ts';
import type { Initializer } from './initializer.ts';
import { normal, normalOptions } from './normal.ts';
import { orthogonal, orthogonalOptions } from './orthogonal.ts';
import { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled.ts';
import { uniform, uniformOptions } from './uniform.ts';

const table = {
  'glorot-uniform': glorotUniform,
  'glorot-normal': glorotNormal,
  'he-uniform': heUniform,
  'he-normal': heNormal,
  'lecun-uniform': lecunUniform,
  'lecun-normal': lecunNormal,
  orthogonal,
  uniform,
  normal,
  constant,
  zeros,
} satisfies Record<string, (options: never) => Initializer>;

/** The name of an initializer. */
export type InitializerName = keyof typeof table;

/** Every initializer. */
export const initializers: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** For example 'he-normal', or { kind: 'normal', std: 0.01 }. */
export type InitializerSpec = SpecOf<typeof initializers>;

/** Creates an initializer. @throws OptionError naming the nearest known initializer or option. */
export const createInitializer = (
  spec: InitializerSpec,
  custom: { readonly initializers: Family<Initializer> } = { initializers: {} },
): Initializer => createMember('initializer', initializers, spec, custom.initializers);

/** Options of each initializer. */
export const initializerOptions = {
  'glorot-uniform': {},
  'glorot-normal': {},
  'he-uniform': {},
  'he-normal': {},
  'lecun-uniform': {},
  'lecun-normal': {},
  orthogonal: orthogonalOptions.table,
  uniform: uniformOptions.table,
  normal: normalOptions.table,
  constant: constantOptions.table,
  zeros: {},
} satisfies Record<InitializerName, OptionTable>;

const spec = kind((_where, _name, value) => value as InitializerSpec);

/** An option with the spec of an initializer, which `createInitializer` checks. */
export const initializer = <const Standard extends InitializerSpec | undefined = undefined>(standard?: Standard) => ({
  ...spec(standard),
  members: initializerOptions,
});
