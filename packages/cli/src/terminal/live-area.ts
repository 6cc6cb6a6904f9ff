import { stripVTControlCharacters } from 'node:util';
import { createLogUpdate } from 'log-update';
import { type Io, moveCursor, type Output, printLine, widthOf } from './io.ts';
import { renderStyles } from './printable.ts';

/** Shows progress: on a terminal as lines that are redrawn, with permanent lines above; elsewhere as a few lines. */
export interface LiveArea {
  show(picture: Picture): void;
  /** Prints a permanent line. */
  line(text: string): void;
  /** Prints an important permanent line, at any time. */
  print(text: string): void;
  /** Removes the redrawn lines. */
  stop(): void;
}

export interface Picture {
  /** Lines narrower than `columns`. */
  lines(columns: number): readonly string[];
  /** One line, for output that cannot be redrawn. */
  plain(): string;
}

const FRAME_MS = 100;

/** Nothing is shown before: the panel of short work would only flash. */
const DELAY_MS = { live: 300, plain: 1000 };

/** Without redrawing, a progress line is printed after this time without output. */
const SILENCE_MS = 30_000;

/** Moves to the start of the line: a terminal shows typed text, such as `^C`, at the cursor. */
const LINE_START = '\r';

export function createLiveArea({ stderr, env }: Pick<Io, 'stderr' | 'env'>): LiveArea {
  return stderr.isTTY && env.TERM !== 'dumb' ? liveArea(stderr) : plainLines(stderr);
}

function plainLines(stream: Output): LiveArea {
  const startMs = performance.now();
  let lastMs = startMs;
  function print(text: string): void {
    lastMs = performance.now();
    printLine(stream, text);
  }
  return {
    show(picture) {
      if (performance.now() - lastMs >= SILENCE_MS) print(picture.plain());
    },
    line(text) {
      if (performance.now() - startMs >= DELAY_MS.plain) print(text);
    },
    print,
    stop() {},
  };
}

function liveArea(stream: Output): LiveArea {
  // The cursor stays visible, at the start of the line below: if the process is killed, nothing needs to be restored.
  const log = createLogUpdate(stream, { showCursor: true });
  const startMs = performance.now();
  let frameMs = startMs + DELAY_MS.live - FRAME_MS; // time of the newest frame
  let picture: Picture | undefined;
  let frameLines: readonly string[] = [];
  let frameColumns = 0;

  function draw(): void {
    if (picture === undefined || performance.now() - frameMs < FRAME_MS) return;
    frameMs = performance.now();
    const columns = widthOf(stream);
    goAboveFolds(columns);
    // A frame of the full height would scroll, and its first lines could not be removed.
    const lines = picture.lines(columns).slice(0, Math.max(1, (stream.rows || 24) - 2));
    frameLines = lines.map(renderStyles);
    frameColumns = columns;
    log(LINE_START + frameLines.join('\n'));
  }

  /** A narrower terminal folds lines, so the frame is higher than when it was drawn. */
  function goAboveFolds(columns: number): void {
    if (frameLines.length === 0 || columns >= frameColumns) return;
    const heights = frameLines.map((line) => Math.ceil(stripVTControlCharacters(line).length / columns));
    const folds = heights.reduce((sum, height) => sum + height - 1, 0);
    if (folds > 0) moveCursor(stream, `\u001b[${folds}A\u001b[J`);
  }

  function print(text: string): void {
    const columns = widthOf(stream);
    goAboveFolds(columns);
    log.persist(LINE_START + breakLine(renderStyles(text), columns - 1).join('\n'));
    if (frameLines.length === 0) return;
    frameLines = [];
    frameMs = Number.NEGATIVE_INFINITY;
    draw();
  }

  /** After `fg` the shell has printed lines, and those above the cursor are no longer the frame. */
  function forget(): void {
    log.done();
    frameLines = [];
  }

  stream.on('resize', draw);
  process.on('SIGCONT', forget);
  return {
    show(newer) {
      picture = newer;
      draw();
    },
    line(text) {
      if (performance.now() - startMs >= DELAY_MS.live) print(text);
    },
    print,
    stop() {
      stream.removeListener('resize', draw);
      process.removeListener('SIGCONT', forget);
      picture = undefined;
      if (frameLines.length === 0) return;
      goAboveFolds(widthOf(stream));
      log.clear();
      frameLines = [];
    },
  };
}

/** The line, or its words in several: those after the first are indented, so that text from outside begins none. */
export const foldLine = (line: string, columns: number): string[] =>
  line.length <= columns ? [line] : breakLine(line, columns - 2).map((part, k) => (k === 0 ? part : `  ${part}`));

/** Lines of at most `width`, broken between words if words are shorter. */
export const breakLine = (text: string, width: number): string[] =>
  text.match(new RegExp(`\\S{${width}}|.{1,${width}}(?=\\s|$)`, 'g'))?.map((line) => line.trim()) ?? [];
