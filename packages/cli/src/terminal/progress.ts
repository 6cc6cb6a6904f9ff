import { MultiBar, type SingleBar } from 'cli-progress';
import type { Output } from '../io.ts';

/** A bar on the last line of a terminal, with lines that scroll by above it. On anything but a terminal it is silent. */
export interface Progress {
  /** The text that stands before and after the bar, and the share of the work that is done. */
  update(share: number, before: string, after: string): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** Work that is over before this is not worth a bar that flashes by, or lines that all come at once. */
const PATIENCE_MS = 300;

const WIDEST_BAR = 40;
const NARROWEST_BAR = 5;

export function createProgress(stream: Output): Progress {
  if (!stream.isTTY) return { update() {}, line() {}, stop() {} };
  const startMs = performance.now();
  const isYoung = () => performance.now() - startMs < PATIENCE_MS;
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;

  function open(): SingleBar {
    bars = new MultiBar({
      stream,
      format: (_options, { progress }, { before, after }) => drawBar(stream.columns ?? 80, progress, before, after),
      clearOnComplete: true,
      hideCursor: true,
      // Its own handler would print at a signal; the command takes the bar away when it has stopped.
      gracefulExit: false,
    });
    return bars.create(1, 0, { before: '', after: '' });
  }

  return {
    update(share, before, after) {
      if (isYoung()) return;
      bar ??= open();
      bar.update(share, { before, after });
    },
    line(text) {
      if (isYoung()) return;
      if (bars === undefined) stream.write(`${text}\n`);
      else bars.log(`${text}\n`);
    },
    stop() {
      // Lines that wait for the next frame would be lost.
      bars?.update();
      bars?.stop();
    },
  };
}

/** 'before █████░░░░░ 50 %  after' within `columns`: first the bar shrinks, then the text behind it is cut. */
export function drawBar(columns: number, share: number, before: string, after: string): string {
  const done = `${String(Math.floor(share * 100)).padStart(3)} %`;
  const free = columns - before.length - done.length - after.length - 5;
  const width = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, free));
  const filled = Math.floor(share * width);
  return `${before} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}  ${after}`.slice(0, columns - 1);
}
