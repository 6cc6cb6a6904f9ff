import { readFileSync } from 'node:fs';
import { type Allocate, type Elements, type ElementType, referenceKernels } from '@gradloom/core';
import { allocateEach, createList, elementTypes, runCalls } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { kernelRows } from '../../../bench/kernel-rows.ts';

const torch = readFileSync(new URL('../../../bench/peers/torch_kernels.py', import.meta.url), 'utf8');

test('every row has a name of its own, and code for PyTorch', () => {
  const rows = kernelRows(allocateEach('float64'));
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  const coded = [...torch.matchAll(/^ {4}"(.+)": \[/gm)].map(([, op]) => op);
  expect(new Set(rows.map(({ op }) => op))).toEqual(new Set(coded));
});

test.each(elementTypes)('rows of %s compute finite numbers', (elementType: ElementType) => {
  const arrays: Elements[] = [];
  const allocate = (length: number, type = elementType): Elements => {
    arrays.push(allocateEach(type)(length));
    return arrays[arrays.length - 1];
  };
  const { calls, emit } = createList();
  // Products take seconds in plain code.
  for (const row of kernelRows(allocate as Allocate)) if (row.unit === 'ns') row.emit(emit, referenceKernels);
  runCalls(calls, referenceKernels);
  expect(arrays.every((array) => array.every(Number.isFinite))).toBe(true);
});
