import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { BindCall, CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { elementwise as table } from './formulas/index.ts';
import { arraysOf } from './kernels/elementwise.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/**
 * Operations on numbers, of one call, below which WebAssembly computes as fast: to enter machine code takes 0.1 us. So
 * relu takes WebAssembly for fewer than 1,024 numbers, gelu for fewer than 40.
 */
export const MIN_OPERATIONS = 4096;

/** Makes calls of elementwise operations; null for others, and for short ones. */
export function createElementwise(
  { elementwise, width }: CodeLayout,
  tape: CallTape,
  { maskOf, bytes }: Pick<PanelMemory, 'maskOf' | 'bytes'>,
): BindCall {
  return ({ op, args }) => {
    const own = Object.hasOwn(table, op.name) ? table[op.name] : undefined;
    if (own === undefined) return null;
    const { numbers = [], sizes, neutral } = own;
    const names = Object.keys(op.operands);
    const argumentOf = (name: string): unknown => args[names.indexOf(name)];
    const [count, size] = sizes.map((name) => (name === null ? 1 : (argumentOf(name) as number)));
    const { place, steps } = elementwise[op.name];
    if (count * size * steps < MIN_OPERATIONS) return null;
    const arrays = arraysOf(own).map((name) => addressOf(argumentOf(name) as Elements));
    const values = numbers.map(argumentOf) as (number | Float64Array)[];
    const rest = size % width;
    const ends = [maskOf(rest), count, (size - rest) / width, bytes * rest];
    if (neutral === undefined) return [[place, ...arrays, ...values, ...ends]];
    const written = Float64Array.of(...arrays, ...values.map(() => 0), ...ends);
    return () => {
      for (let k = 0; k < values.length; k++) {
        const value = values[k];
        written[arrays.length + k] = typeof value === 'number' ? value : value[0];
      }
      if (written[arrays.length] === neutral) return;
      tape.writeAll(place, written);
      tape.run();
    };
  };
}
