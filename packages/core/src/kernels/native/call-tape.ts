import { CALL_WORDS } from './isa/x64/calls.ts';
import { adamArguments as A } from './kernels/adam.ts';
import { addArguments as S } from './kernels/add.ts';
import { gatherArguments as G } from './kernels/gather.ts';
import { listArguments as L } from './kernels/list-terms.ts';
import { locateResult } from './kernels/locate.ts';
import { packArguments as P } from './kernels/pack.ts';
import { tileArguments as T } from './kernels/tile.ts';
import { transposeArguments as R } from './kernels/transpose.ts';

/**
 * Recorded kernel calls that run in one go, since entering machine code takes as long as a small kernel. Strides are in
 * bytes.
 */
export interface CallTape {
  /** See kernels/tile.ts. */
  tile(
    kernel: number,
    c: number,
    cRow: number,
    init: number,
    initRow: number,
    a: number,
    aRow: number,
    aStep: number,
    panel: number,
    panelStep: number,
    leaves: number,
    count: number,
    nextC: number,
    nextInit: number,
    nextA: number,
    nextPanel: number,
    mask: number,
    joins: number,
    terms: number,
    nextTerms: number,
  ): void;
  /** See kernels/list-terms.ts. */
  list(
    kernel: number,
    terms: number,
    nextTerms: number,
    a: number,
    aRow: number,
    aStep: number,
    panelStep: number,
    K: number,
    count: number,
    nextA: number,
    back: number,
    origin: number,
    nextOrigin: number,
    panelStart: number,
    panelBack: number,
  ): void;
  /** See kernels/pack.ts. */
  pack(
    kernel: number,
    panel: number,
    panelStep: number,
    source: number,
    sourceStep: number,
    K: number,
    mask: number,
  ): void;
  /** See kernels/transpose.ts. */
  transpose(
    kernel: number,
    panel: number,
    panelStep: number,
    source: number,
    sourceStep: number,
    blocks: number,
    rest: number,
    mask: number,
  ): void;
  /** See kernels/adam.ts. */
  adam(
    kernel: number,
    theta: number,
    m: number,
    v: number,
    rows: number,
    rowStep: number,
    n: number, // parameters
    mask: number,
    constants: number,
    decays: number,
    squares: number,
  ): void;
  /** See kernels/add.ts. */
  add(
    kernel: number,
    sum: number,
    term: number,
    n: number, // numbers
    mask: number,
  ): void;
  /** See kernels/gather.ts. */
  gather(kernel: number, out: number, starts: number, rows: number, columns: number, divisor: number): void;
  /** See kernels/locate.ts. Runs the tape. */
  locate(kernel: number, data: Uint8Array): number;
  /** Runs the recorded calls in order; `data` is read by gather calls. */
  run(data?: Uint8Array): void;
}

/** Runs a full tape before the next call is recorded. */
export function createCallTape(
  words: Int32Array, // [calls, CALL_WORDS] that begin on 8 bytes
  play: (calls: number, data?: Uint8Array) => void, // runs so many calls from the start of `words`
): CallTape {
  const doubles = new Float64Array(words.buffer, words.byteOffset, words.length >> 1);
  const room = Math.floor(words.length / CALL_WORDS);
  let calls = 0;

  function run(data?: Uint8Array): void {
    if (calls > 0) play(calls, data);
    calls = 0;
  }

  /** Where the next call's words begin. */
  function next(): number {
    if (calls === room) run();
    return calls++ * CALL_WORDS;
  }

  return {
    tile(
      kernel,
      c,
      cRow,
      init,
      initRow,
      a,
      aRow,
      aStep,
      panel,
      panelStep,
      leaves,
      count,
      nextC,
      nextInit,
      nextA,
      nextPanel,
      mask,
      joins,
      terms,
      nextTerms,
    ) {
      const start = next();
      words[start] = kernel;
      doubles[(start + T.c) >> 1] = c;
      words[start + T.cRow] = cRow;
      doubles[(start + T.init) >> 1] = init;
      words[start + T.initRow] = initRow;
      doubles[(start + T.a) >> 1] = a;
      words[start + T.aRow] = aRow;
      words[start + T.aStep] = aStep;
      doubles[(start + T.panel) >> 1] = panel;
      words[start + T.panelStep] = panelStep;
      words[start + T.leaves] = leaves;
      words[start + T.count] = count;
      words[start + T.nextC] = nextC;
      words[start + T.nextInit] = nextInit;
      words[start + T.nextA] = nextA;
      words[start + T.nextPanel] = nextPanel;
      words[start + T.mask] = mask;
      words[start + T.joins] = joins;
      words[start + T.terms] = terms;
      words[start + T.nextTerms] = nextTerms;
    },
    list(
      kernel,
      terms,
      nextTerms,
      a,
      aRow,
      aStep,
      panelStep,
      K,
      count,
      nextA,
      back,
      origin,
      nextOrigin,
      panelStart,
      panelBack,
    ) {
      const start = next();
      words[start] = kernel;
      words[start + L.terms] = terms;
      words[start + L.nextTerms] = nextTerms;
      doubles[(start + L.a) >> 1] = a;
      words[start + L.aRow] = aRow;
      words[start + L.aStep] = aStep;
      words[start + L.panelStep] = panelStep;
      words[start + L.K] = K;
      words[start + L.count] = count;
      words[start + L.nextA] = nextA;
      words[start + L.back] = back;
      doubles[(start + L.origin) >> 1] = origin;
      words[start + L.nextOrigin] = nextOrigin;
      words[start + L.panelStart] = panelStart;
      words[start + L.panelBack] = panelBack;
    },
    pack(kernel, panel, panelStep, source, sourceStep, K, mask) {
      const start = next();
      words[start] = kernel;
      doubles[(start + P.panel) >> 1] = panel;
      words[start + P.panelStep] = panelStep;
      doubles[(start + P.source) >> 1] = source;
      words[start + P.sourceStep] = sourceStep;
      words[start + P.K] = K;
      words[start + P.mask] = mask;
    },
    transpose(kernel, panel, panelStep, source, sourceStep, blocks, rest, mask) {
      const start = next();
      words[start] = kernel;
      doubles[(start + R.panel) >> 1] = panel;
      words[start + R.panelStep] = panelStep;
      doubles[(start + R.source) >> 1] = source;
      words[start + R.sourceStep] = sourceStep;
      words[start + R.blocks] = blocks;
      words[start + R.rest] = rest;
      words[start + R.mask] = mask;
    },
    adam(kernel, theta, m, v, rows, rowStep, n, mask, constants, decays, squares) {
      const start = next();
      words[start] = kernel;
      doubles[(start + A.theta) >> 1] = theta;
      doubles[(start + A.m) >> 1] = m;
      doubles[(start + A.v) >> 1] = v;
      doubles[(start + A.rows) >> 1] = rows;
      doubles[(start + A.rowStep) >> 1] = rowStep;
      words[start + A.quads] = n >> 2;
      words[start + A.rest] = n & 3;
      words[start + A.mask] = mask;
      words[start + A.constants] = constants;
      words[start + A.decays] = decays;
      words[start + A.squares] = squares;
    },
    add(kernel, sum, term, n, mask) {
      const start = next();
      words[start] = kernel;
      doubles[(start + S.sum) >> 1] = sum;
      doubles[(start + S.term) >> 1] = term;
      words[start + S.mask] = mask;
      words[start + S.quads] = n >>> 2;
      words[start + S.rest] = n & 3;
    },
    gather(kernel, out, starts, rows, columns, divisor) {
      const start = next();
      words[start] = kernel;
      doubles[(start + G.out) >> 1] = out;
      words[start + G.starts] = starts;
      words[start + G.rows] = rows;
      words[start + G.rest] = columns & 3;
      words[start + G.restStep] = 8 * (columns & 3);
      words[start + G.quads] = columns >> 2;
      words[start + G.divisor] = divisor;
    },
    locate(kernel, data) {
      const start = next();
      words[start] = kernel;
      run(data);
      const place = start + locateResult.distance;
      return (words[place] >>> 0) + words[place + 1] * 4_294_967_296;
    },
    run,
  };
}
