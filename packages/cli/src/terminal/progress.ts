import { MultiBar, type SingleBar } from 'cli-progress';
import type { Output } from '../io.ts';

/** A bar on the last line of a terminal, with lines that scroll by above it. On anything but a terminal it is silent. */
export interface Progress {
  /** The share of the work that is done, and what stands before and after the bar: as many figures as there is room for. */
  update(share: number, before: string, figures: readonly string[]): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Likewise, for what must be seen: on any stream and at any time. */
  note(text: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** Work that is over before this is not worth a bar that flashes by, or lines that all come at once. */
const PATIENCE_MS = 300;

const WIDEST_BAR = 40;
const NARROWEST_BAR = 5;

export function createProgress(stream: Output): Progress {
  const write = (text: string): void => void stream.write(`${text}\n`);
  if (!stream.isTTY) return { update() {}, line() {}, note: write, stop() {} };
  const startMs = performance.now();
  const isYoung = () => performance.now() - startMs < PATIENCE_MS;
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;

  function open(): SingleBar {
    bars = new MultiBar({
      stream,
      format: (_options, { progress }, { before, figures }) => drawBar(stream.columns ?? 80, progress, before, figures),
      clearOnComplete: true,
      hideCursor: true,
      // Its own handler would print at a signal; the command takes the bar away when it has stopped.
      gracefulExit: false,
    });
    return bars.create(1, 0, { before: '', figures: [] });
  }

  function note(text: string): void {
    if (bars === undefined) write(text);
    // A line beside a bar is cut at the edge, not wrapped.
    else for (const line of wrap(text, (stream.columns ?? 80) - 1)) bars.log(`${line}\n`);
  }

  return {
    update(share, before, figures) {
      if (isYoung()) return;
      bar ??= open();
      bar.update(share, { before, figures });
    },
    line(text) {
      if (!isYoung()) note(text);
    },
    note,
    stop() {
      // Lines that wait for the next frame would be lost.
      bars?.update();
      bars?.stop();
    },
  };
}

/** Lines of at most `width`, broken between words where they are shorter. */
export const wrap = (text: string, width: number): string[] =>
  text.match(new RegExp(`\\S{${width}}|.{1,${width}}(?=\\s|$)`, 'g'))?.map((line) => line.trim()) ?? [];

/**
 * 'before █████░░░░░  50 %  figure  figure' within `columns`: first the bar shrinks, then figures are left out, the last
 * first, and last of all the bar.
 */
export function drawBar(columns: number, share: number, before: string, figures: readonly string[]): string {
  const percent = share === 1 ? 100 : Math.min(99, Math.round(share * 100));
  const done = `${String(percent).padStart(3)} %`;
  const after = figures.map((figure) => `  ${figure}`).join('');
  const free = columns - 1 - before.length - done.length - after.length - 2;
  if (free < NARROWEST_BAR && figures.length > 0) return drawBar(columns, share, before, figures.slice(0, -1));
  if (free < NARROWEST_BAR) return `${before} ${done}`.slice(0, columns - 1);
  const width = Math.min(WIDEST_BAR, free);
  const filled = Math.floor(share * width);
  return `${before} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}${after}`;
}
