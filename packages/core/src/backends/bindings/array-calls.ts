import type { CodeLayout } from '../code.ts';
import { elementwise } from '../formulas/index.ts';
import { elementwiseArguments } from '../kernels/elementwise.ts';
import type { CallTape } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Writes a call on n numbers to a tape: add(sum, term, n), copy(from, to, n) or fill(to, value, n). */
export type ArrayCall = (first: number, second: number, n: number) => void;

const ONE_ROW = 1;

/** Makes the function that writes calls of an elementwise operation. Arrays are addresses. Assembles the kernel. */
export function createArrayCall(
  name: 'add' | 'copy' | 'fill',
  layout: CodeLayout,
  tape: CallTape,
  { maskOf, bytes }: PanelMemory,
): ArrayCall {
  const { width } = layout;
  const table = elementwiseArguments(elementwise[name]);
  const kernel = layout.elementwise[name];
  return (first, second, n) => {
    if (n === 0) return;
    const rest = n % width;
    const vectors = (n - rest) / width;
    tape.write(table, kernel, first, second, maskOf(rest), ONE_ROW, vectors, bytes * rest);
  };
}
