import type { LayerSpec } from '@gradloom/core';

/** A layer of each kind of formula that can be the first of a network. */
export const formulaSpecs = {
  ...operation('above'),
  ...operation('below'),
  ...operation('equal'),
  ...operation('maximum'),
  ...operation('minimum'),
  ...operation('minus'),
  ...operation('over'),
  ...operation('times'),
  abs: { kind: 'abs' },
  clip: { kind: 'clip', min: -0.5 },
  exp: { kind: 'exp' },
  log: { kind: 'log' },
  negate: { kind: 'negate' },
  plus: { kind: 'plus', of: ['input', 'input'] },
  power: { kind: 'power', exponent: 2 },
  sqrt: { kind: 'sqrt' },
  square: { kind: 'square' },
  ceil: { kind: 'ceil' },
  cos: { kind: 'cos' },
  erf: { kind: 'erf' },
  floor: { kind: 'floor' },
  round: { kind: 'round' },
  sign: { kind: 'sign' },
  sin: { kind: 'sin' },
  where: { kind: 'where', of: ['input', 'input', 'input'] },
} satisfies Record<string, LayerSpec>;

/** An operation on a value and a number. */
function operation<Kind extends 'above' | 'below' | 'equal' | 'maximum' | 'minimum' | 'minus' | 'over' | 'times'>(
  kind: Kind,
) {
  return { [kind]: { kind, value: 0.5 } } as { readonly [K in Kind]: { kind: K; value: number } };
}
