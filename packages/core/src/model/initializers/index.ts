import { kind } from '../../options/index.ts';
import { NO_PARTS, type OwnParts } from '../../own/own-parts.ts';
import { createMember, type SpecOf } from '../family.ts';
import { constant, zeros } from './constant.ts';
import type { Initializer } from './initializer.ts';
import { normal } from './normal.ts';
import { orthogonal } from './orthogonal.ts';
import { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled.ts';
import { uniform } from './uniform.ts';

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

/** 'he-normal', or { kind: 'normal', std: 0.01 }. */
export type InitializerSpec = SpecOf<typeof initializers>;

/** @throws Error naming the nearest known initializer or option. */
export const createInitializer = (spec: InitializerSpec, own: OwnParts = NO_PARTS): Initializer =>
  createMember('initializer', initializers, spec, own.initializers);

/** An option that is the spec of an initializer, which `createInitializer` checks. */
export const initializer = kind((_where, _name, value) => value as InitializerSpec);

export type { ConstantOptions } from './constant.ts';
export type { Initializer } from './initializer.ts';
export type { NormalOptions } from './normal.ts';
export type { OrthogonalOptions } from './orthogonal.ts';
export type { UniformOptions } from './uniform.ts';
