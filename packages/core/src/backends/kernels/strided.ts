import { defineArguments } from '../isa/arguments.ts';
import type { CallOf, Isa, Pointer } from '../isa/isa.ts';

/** Loops around the innermost axis. */
export const STRIDED_LOOPS = 3;

export const stridedArguments = defineArguments(
  ['to', 'array'],
  ['from', 'array'],
  ['value', 'number'], // what is written, or the factor of what is added
  ['mask', 'array'], // of the numbers after the last whole vector
  ['count', 'count'], // whole vectors of a run of neighbours, or numbers at equal distances, at least 1
  ['rest', 'stride'], // bytes of the numbers after the vectors
  ['toStep', 'stride'], // distance of numbers that are no neighbours
  ['fromStep', 'stride'],
  // The loops, the innermost first: how often, at least once, and from the end of what is in it to the next start.
  ['count0', 'count'],
  ['to0', 'stride'],
  ['from0', 'stride'],
  ['count1', 'count'],
  ['to1', 'stride'],
  ['from1', 'stride'],
  ['count2', 'count'],
  ['to2', 'stride'],
  ['from2', 'stride'],
);

type What = 'copy' | 'spread' | 'scale' | 'add' | 'fill';

/**
 * Copies runs of neighbours, writes one number to all places of a run (`spread`), adds them times a factor to what is
 * there or to 0 (`scale`), or fills their places with a value.
 */
function assembleRuns(isa: Isa, what: What): number {
  const unit = isa.formulas;
  const size = unit.bytes * unit.width;
  const [value, term, sum] = [0, 1, 2];
  const reads = what !== 'fill';
  const isSum = what === 'add' || what === 'scale';
  return isa.kernel(stridedArguments, (call) => {
    const to = isa.load(call.to);
    const from = reads ? isa.load(call.from) : to;
    if (isSum || what === 'fill') unit.loadNumber(value, isa.numberAt(call.value));
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const count = isa.spill(call.count);
    const rest = isa.spill(call.rest);
    const pointers = reads ? [to, from] : [to];
    const movedPointers = what === 'spread' ? [to] : pointers;
    eachStart(isa, call, pointers, () => {
      if (what === 'spread') unit.loadElement(value, isa.at(from));
      isa.repeatOrSkip(count, () => {
        move(unit.load, unit.store);
        for (const pointer of movedPointers) isa.skip(pointer, size);
      });
      isa.unlessZero(rest, () => {
        move(unit.loadMasked, unit.storeMasked);
        for (const pointer of movedPointers) isa.advance(pointer, rest);
      });
    });

    function move(load: typeof unit.load, store: typeof unit.store): void {
      if (what === 'copy') load(value, isa.at(from));
      if (isSum) {
        load(term, isa.at(from));
        if (what === 'add') load(sum, isa.at(to));
        else unit.clear(sum);
        unit.multiply(term, value, term);
        unit.add(sum, sum, term);
      }
      store(isa.at(to), isSum ? sum : value);
    }
  });
}

/** Copies numbers at equal distances. */
const assembleCopyNumbers = (isa: Isa): number =>
  isa.kernel(stridedArguments, (call) => {
    const [to, from] = [isa.load(call.to), isa.load(call.from)];
    const count = isa.spill(call.count);
    const [toStep, fromStep] = [isa.spill(call.toStep), isa.spill(call.fromStep)];
    eachStart(isa, call, [to, from], () => {
      isa.repeat(isa.load(count), () => {
        isa.scope(() => isa.storeBits(isa.at(to), isa.loadBits(isa.at(from))));
        isa.advance(to, toStep);
        isa.advance(from, fromStep);
      });
    });
  });

/** Runs the body for all indices of the loops. It moves the pointers, to what is written and read, to its end. */
function eachStart(
  isa: Isa,
  call: CallOf<typeof stridedArguments>,
  [to, from]: readonly Pointer[],
  body: () => void,
): void {
  const reads = from !== undefined;
  // A loop that is run less often converts its arguments each time.
  const loops = [
    { count: isa.spill(call.count0), to: isa.spill(call.to0), from: reads ? isa.spill(call.from0) : call.from0 },
    { count: call.count1, to: call.to1, from: call.from1 },
    { count: call.count2, to: call.to2, from: call.from2 },
  ];
  const emitLoops = loops.reduce(
    (emitBody, { count, to: toNext, from: fromNext }) =>
      () =>
        isa.repeat(isa.load(count), () => {
          emitBody();
          isa.advance(to, toNext);
          if (reads) isa.advance(from, fromNext);
        }),
    body,
  );
  emitLoops();
}

/** Kernels of numbers at equal distances along axes. */
export const stridedKernels = {
  copyRuns: (isa) => assembleRuns(isa, 'copy'),
  copyNumbers: assembleCopyNumbers,
  spreadRuns: (isa) => assembleRuns(isa, 'spread'),
  scaleRuns: (isa) => assembleRuns(isa, 'scale'),
  addRuns: (isa) => assembleRuns(isa, 'add'),
  fillRuns: (isa) => assembleRuns(isa, 'fill'),
} satisfies Record<string, (isa: Isa) => number>;

export type StridedKernel = keyof typeof stridedKernels;
