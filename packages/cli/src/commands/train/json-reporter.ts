import { type Io, printJson, printLine } from '../../terminal/io.ts';
import { doneLine, eventLine, startLine } from './metrics-line.ts';
import type { Reporter } from './reporter.ts';

/** Prints one JSON object a line on stdout; with `quiet` only the last. */
export function jsonReporter({ stdout, stderr }: Io, quiet: boolean): Reporter {
  const print = quiet ? () => {} : (line: string) => printJson(stdout, line);
  return {
    start: (run) => print(startLine(run)),
    warning: (message) => print(JSON.stringify({ event: 'warning', message })),
    aside: (text) => printLine(stderr, text),
    event(event) {
      // There are too many of these; steps.jsonl has the steps.
      if (event.type !== 'progress' && event.type !== 'steps') print(eventLine(event));
    },
    stop() {},
    done: ({ recipe }, result) => printJson(stdout, doneLine(recipe, result)),
  };
}
