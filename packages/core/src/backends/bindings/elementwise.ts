import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { CodeLayout } from '../code.ts';
import { elementwise as table } from '../formulas/index.ts';
import { arraysOf } from '../kernels/elementwise.ts';
import type { BindCall } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Makes calls of elementwise operations; null for others. */
export function createElementwise(
  { elementwise, width }: CodeLayout,
  { maskOf, bytes }: Pick<PanelMemory, 'maskOf' | 'bytes'>,
): BindCall {
  return ({ op, args }) => {
    const operation = Object.hasOwn(table, op.name) ? table[op.name] : undefined;
    if (operation === undefined) return null;
    const { numbers = [], sizes } = operation;
    const names = Object.keys(op.operands);
    const argumentOf = (name: string): unknown => args[names.indexOf(name)];
    const [count, size] = sizes.map((name) => (name === null ? 1 : (argumentOf(name) as number)));
    if (count === 0) return [];
    const arrays = arraysOf(operation).map((name) => addressOf(argumentOf(name) as Elements));
    const values = numbers.map(argumentOf) as (number | Float64Array)[];
    const rest = size % width;
    const ends = [maskOf(rest), count, (size - rest) / width, bytes * rest];
    return [[elementwise[op.name], ...arrays, ...values, ...ends]];
  };
}
