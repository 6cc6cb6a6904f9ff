import { type Io, printJson, printLine } from '../../terminal/io.ts';
import { checkpointLine, doneLine, epochLine, faultLine, probeLine, startLine, threadsLine } from './metrics-line.ts';
import type { Reporter } from './reporter.ts';

/** Prints one JSON object a line on stdout; with `quiet` only the last. */
export function jsonReporter({ stdout, stderr }: Io, quiet: boolean): Reporter {
  const print = quiet ? () => {} : (line: string) => printJson(stdout, line);
  return {
    start: (run) => print(startLine(run)),
    warning: (message) => print(JSON.stringify({ event: 'warning', message })),
    aside: (text) => printLine(stderr, text),
    threads: (event) => print(threadsLine(event)),
    recovery: (event) => print(faultLine(event)),
    rollback: (event) => print(faultLine(event)),
    progress() {},
    epoch: (event) => print(epochLine(event)),
    probe: (event) => print(probeLine(event)),
    checkpoint: (event) => print(checkpointLine(event)),
    stop() {},
    done: ({ recipe }, result) => printJson(stdout, doneLine(recipe, result)),
  };
}
