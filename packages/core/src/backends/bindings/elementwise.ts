import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import { argumentOf } from '../../program/op.ts';
import type { CodeLayout } from '../code.ts';
import { elementwise as table } from '../formulas/index.ts';
import { arrayNamesOf } from '../kernels/elementwise.ts';
import type { BindCall } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Makes calls of elementwise operations; null for others. */
export function createElementwise({ elementwise }: CodeLayout, { sizesOf }: PanelMemory): BindCall {
  return (call) => {
    const { op } = call;
    const operation = Object.hasOwn(table, op.name) ? table[op.name] : undefined;
    if (operation === undefined) return null;
    const { numbers = [], sizes } = operation;
    const [count, size] = sizes.map((name) => (name === null ? 1 : (argumentOf(call, name) as number)));
    if (count === 0) return [];
    const arrays = arrayNamesOf(operation).map((name) => addressOf(argumentOf(call, name) as Elements));
    const values = numbers.map((name) => argumentOf(call, name)) as (number | Float64Array)[];
    return [[elementwise[op.name], ...arrays, ...values, ...sizesOf(size, count)]];
  };
}
