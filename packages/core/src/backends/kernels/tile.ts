import { defineArguments } from '../isa/arguments.ts';
import { eachLine, type Isa, type Pointer } from '../isa/isa.ts';

export const tileArguments = defineArguments(
  ['c', 'array'],
  ['init', 'array'],
  ['a', 'array'],
  ['panel', 'array'],
  ['runs', 'array'], // the table of a sum, see `RUN`
  ['mask', 'array'], // of the last vector, if it is not full
  ['terms', 'array'], // of a listed tile: its list, see list-terms.ts
  ['cRow', 'stride'], // distance of rows, as the next two
  ['initRow', 'stride'],
  ['aRow', 'stride'],
  ['aStep', 'stride'], // from a[m,k] to a[m,k+1]
  ['panelStep', 'stride'], // from row k of the panel to row k + 1
  ['prefetchDistance', 'stride'], // from a row of the panel to the memory to prefetch with it
  ['count', 'count'], // tiles, at least 1
  ['nextC', 'stride'], // distance of tiles, as the next three
  ['nextInit', 'stride'],
  ['nextA', 'stride'],
  ['nextPanel', 'stride'],
  ['accumulate', 'count'], // 1: adds to `c`, else 0
  ['nextTerms', 'stride'], // distance of lists
);

/** Words of a run: consecutive terms of a sum. The table of a sum has its runs in order, and below it the stack. */
export const RUN = {
  terms: 0, // number of terms
  merges: 1, // sums on the stack that are added after the terms, the last one first
  more: 2, // 1 if another run follows, else 0
  isPushed: 3, // 1 if the sum so far then goes on the stack and the next run starts from 0
  nextTerms: 4, // bytes from the run's list of terms to that of the next run; word 5 is unused
  skipA: 6, // 64 bits: bytes in `a` from the run's end, a step after its last term, to the next run
  skipPanel: 8, // 64 bits: the same in the panel
  words: 10,
};
export const RUN_BYTES = 4 * RUN.words;

/** Shape of a tile kernel: M rows of `vectors` vectors, with the last vector full or masked. */
export interface TileShape {
  readonly M: number;
  readonly vectors: number; // at least 1
  readonly masked: boolean;
  readonly terms: 'all' | 'listed' | 'lanes'; // listed: only the terms in a list; lanes: each column has its own factor
}

/** Maximum rows of a tile of `vectors` vectors: its sums, a row of the panel and the factors fill the registers. */
export const tileRows = ({ maxRows, vectorRegisters, tile: { factors, rows } }: Isa, vectors: number): number =>
  rows?.[vectors] ?? Math.min(maxRows, Math.floor((vectorRegisters - factors - vectors) / vectors));

/**
 * c[m,n] = init[m,n] + Σₖ a[m,k] · panel[k,n], each term added with one rounding. Within a leaf k ascends and the sums
 * stay in registers. Leaves are joined by the pairwise tree, the left operand the lower; a left sum waits below the
 * table, in the first-level cache. Does this for `count` tiles, below each other or side by side. Overwrites `c`, which
 * may be `init`, or adds to it if `accumulate`. With `lanes` each column n has factors of its own, a[m,k,n], neighbours
 * in memory; such a tile has one vector.
 * `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.
 */
export function assembleTile(isa: Isa, { M, vectors, masked, terms }: TileShape): number {
  const unit = isa.vectors;
  const last = vectors - 1;
  const size = unit.bytes * unit.width;
  const sum = (m: number, v: number) => m * vectors + v;
  const row = (v: number) => M * vectors + v; // a row of the panel
  const factor = M * vectors + vectors; // the first factor
  const { factors } = isa.tile;
  const waiting = M * vectors * size; // bytes of a tile's sums
  const load = (v: number, to: number, from: Pointer) =>
    masked && v === last ? unit.loadMasked(to, isa.at(from, v * size)) : unit.load(to, isa.at(from, v * size));
  const store = (v: number, to: Pointer, from: number) =>
    masked && v === last ? unit.storeMasked(isa.at(to, v * size), from) : unit.store(isa.at(to, v * size), from);
  const loadLanes = masked ? unit.loadMasked : unit.load;
  const loadSelected = unit.loadSelected ?? unit.loadMasked;
  const loadPanel = (v: number, from: Pointer) =>
    (masked && v === last ? loadSelected : unit.load)(row(v), isa.at(from, v * size));
  const [loadFactor, multiplyAdd] =
    terms === 'lanes' ? [loadLanes, unit.multiplyAddLanes] : [unit.loadFactor, unit.multiplyAdd];
  const eachVector = (act: (v: number) => void): void => {
    for (let v = 0; v < vectors; v++) act(v);
  };
  const eachSum = (act: (m: number, v: number) => void): void => {
    for (let m = 0; m < M; m++) eachVector((v) => act(m, v));
  };

  return isa.kernel(tileArguments, (call) => {
    if (masked) isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const rows = isa.rows(call.aRow, M);
    const c = isa.spill(call.c);
    const a = isa.load(call.a);
    const count = isa.spill(call.count);
    const runs = isa.spill(call.runs);
    const init = isa.spill(call.init);
    const panel = isa.spill(call.panel);
    const prefetchDistance = isa.load(call.prefetchDistance);
    const initRow = isa.spill(call.initRow);
    const cRow = isa.spill(call.cRow);
    const accumulate = isa.spill(call.accumulate);
    const nextC = isa.spill(call.nextC);
    const nextA = isa.spill(call.nextA);
    const nextPanel = isa.spill(call.nextPanel);
    const nextInit = isa.spill(call.nextInit);
    const addTerms = terms === 'listed' ? createListed() : createAll();

    isa.repeat(count, () => {
      isa.eachRow(init, initRow, M, (from, m) => eachVector((v) => load(v, sum(m, v), from)));
      // Another core has read this row of the gradient last: it is fetched while the sums are made.
      isa.eachRow(c, cRow, M, (to) => eachLine(vectors * size, (offset) => isa.prefetchToWrite(isa.at(to, offset))));
      isa.scope(addLeaves);
      // Makes every zero +0, whichever zero terms were left out.
      unit.clear(factor);
      eachSum((m, v) => unit.add(sum(m, v), sum(m, v), factor));
      isa.scope(storeSums);
      isa.advance(c, nextC);
      isa.advance(a, nextA);
      isa.advance(panel, nextPanel);
      isa.advance(init, nextInit);
      addTerms.nextTile();
    });

    function addLeaves(): void {
      const run = isa.load(runs);
      const stackTop = isa.pointTo(isa.at(run)); // the last sum on the stack
      const addTermsOf = addTerms.start();
      isa.loop(() => {
        addTermsOf(run);
        isa.repeatOrSkip(isa.word(isa.at(run, 4 * RUN.merges)), () => {
          for (let first = 0; first < M * vectors; first += factors) {
            const registers = Array.from({ length: Math.min(factors, M * vectors - first) }, (_, k) => k);
            for (const k of registers) unit.load(factor + k, isa.at(stackTop, (first + k) * size));
            for (const k of registers) unit.add(first + k, first + k, factor + k);
          }
          isa.skip(stackTop, waiting);
        });
        isa.leaveIfZero(isa.word(isa.at(run, 4 * RUN.more)));
        isa.unlessZero(isa.word(isa.at(run, 4 * RUN.isPushed)), () => {
          isa.skip(stackTop, -waiting);
          // Stores and clears sums one by one, so that the next leaf's terms begin sooner than after all stores.
          eachSum((m, v) => {
            unit.store(isa.at(stackTop, sum(m, v) * size), sum(m, v));
            unit.clear(sum(m, v));
          });
        });
        isa.skip(run, RUN_BYTES);
      });
    }

    function storeSums(): void {
      const rowDistance = isa.load(cRow);
      isa.unlessZero(accumulate, () => {
        isa.eachRow(c, rowDistance, M, (to, m) =>
          eachVector((v) => {
            load(v, factor, to);
            unit.add(sum(m, v), sum(m, v), factor);
          }),
        );
      });
      isa.eachRow(c, rowDistance, M, (to, m) => eachVector((v) => store(v, to, sum(m, v))));
    }

    /** Adds the terms of a tile, run by run. */
    interface Terms {
      /** Starts at the first run; returns the function that adds the next run's terms. */
      start(): (run: Pointer) => void;
      nextTile(): void;
    }

    function createAll(): Terms {
      const aStep = isa.load(call.aStep);
      const panelStep = isa.load(call.panelStep);
      return {
        start() {
          rows.start(a);
          const panelRow = isa.load(panel);
          return (run) => {
            isa.repeatOrSkip(isa.word(isa.at(run, 4 * RUN.terms)), () => {
              addTerm(panelRow);
              rows.advance(aStep);
              isa.advance(panelRow, panelStep);
            });
            rows.advance(isa.long(isa.at(run, 4 * RUN.skipA)));
            isa.advance(panelRow, isa.long(isa.at(run, 4 * RUN.skipPanel)));
          };
        },
        nextTile: () => {},
      };
    }

    /** Terms by the distances in a list. */
    function createListed(): Terms {
      const firstList = isa.spill(call.terms);
      const nextList = isa.spill(call.terms);
      const nextTerms = isa.spill(call.nextTerms);
      return {
        start() {
          isa.scope(() => isa.store(nextList, isa.load(firstList)));
          return (run) =>
            isa.scope(() => {
              const list = isa.load(nextList);
              const first = isa.load(panel);
              isa.advance(nextList, isa.word(isa.at(run, 4 * RUN.nextTerms)));
              isa.repeatOrSkip(isa.word(isa.at(list)), () => {
                isa.skip(list, 8);
                rows.start(isa.offsetBy(a, isa.at(list)));
                addTerm(isa.load(isa.offsetBy(first, isa.at(list, 4))));
              });
            });
        },
        nextTile: () => isa.advance(firstList, nextTerms),
      };
    }

    function addTerm(panelRow: Pointer): void {
      eachVector((v) => loadPanel(v, panelRow));
      eachLine(vectors * size, (offset) => isa.prefetch(isa.atStride(panelRow, prefetchDistance, offset)));
      // A factor that is used once costs least as an operand in memory: floats of one vector then take 0.75 of the
      // time.
      if (vectors === 1 && terms !== 'lanes' && unit.multiplyAddAt !== undefined) {
        for (let m = 0; m < M; m++) unit.multiplyAddAt(sum(m, 0), rows.at(m), row(0));
        return;
      }
      const factorOf = (m: number) => factor + (m % factors);
      // In-order processors would wait for a factor that was only just loaded.
      for (let m = 0; m < M + factors - 1; m++) {
        if (m < M) loadFactor(factorOf(m), rows.at(m));
        const ready = m - (factors - 1);
        if (ready >= 0) eachVector((v) => multiplyAdd(sum(ready, v), factorOf(ready), row(v)));
      }
    }
  });
}
