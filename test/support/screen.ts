import { PassThrough } from 'node:stream';
import { Terminal } from '@xterm/headless';
import type { Output } from '../../packages/cli/src/terminal/io.ts';

/** A terminal that shows what is written to it, and folds lines again when its width changes. */
export interface Screen {
  readonly stream: Output & PassThrough; // stderr of the program
  /** Lines from the first ever printed to the last non-empty one. */
  lines(): Promise<string[]>;
  cursor(): Promise<{ column: number; line: number }>;
  resize(columns: number): Promise<void>;
}

export function createScreen(columns: number, rows = 24): Screen {
  const terminal = new Terminal({ cols: columns, rows, convertEol: true, scrollback: 1000, allowProposedApi: true });
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  const drawn = async () => {
    const text: string = String(stream.read() ?? '');
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    return terminal.buffer.active;
  };
  return {
    stream,
    async lines() {
      const buffer = await drawn();
      const lines = Array.from({ length: buffer.length }, (_, n) => buffer.getLine(n)?.translateToString(true) ?? '');
      return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
    },
    async cursor() {
      const { cursorX, cursorY, baseY } = await drawn();
      return { column: cursorX, line: baseY + cursorY };
    },
    async resize(narrower) {
      await drawn();
      terminal.resize(narrower, rows);
      stream.columns = narrower;
      stream.emit('resize');
    },
  };
}
